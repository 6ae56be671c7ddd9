import { metrics } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { afterEach, expect, test } from "vitest";
import { pipeline } from "../pipeline/pipeline.ts";
import { retry } from "../retry/retry-policy.ts";
import { type ResilienceEvent, tell } from "./event.ts";
import { metricsActive } from "./metrics.ts";

afterEach(() => {
  metrics.disable();
});

function startSdk() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
  });
  metrics.setGlobalMeterProvider(provider);
  return { exporter, provider };
}

async function exported({ exporter, provider }: ReturnType<typeof startSdk>) {
  await provider.forceFlush();
  const found = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
  await provider.shutdown();
  return found.flatMap(({ scope, metrics: each }) =>
    each.flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => ({
        scope: scope.name,
        name: descriptor.name.replace("palimpsest.resilience.", ""),
        attributes,
        value: typeof value === "number" ? value : { count: "count" in value && value.count },
      })),
    ),
  );
}

const down = (): Error => Object.assign(new Error("the user's secret text"), { status: 503 });

test("nothing is set up: nothing is active, and calls work", async () => {
  expect(metricsActive()).toBe(false);
  expect(await pipeline({}).execute(async () => 1)).toBe(1);
});

test("an SDK that is set up after the policies were built gets every decision", async () => {
  const policy = pipeline({ retry: retry({ initialDelay: 0 }) });
  await policy.execute(async () => 1);
  const sdk = startSdk();
  await policy.execute(async ({ attempt }) => {
    if (attempt === 1) throw down();
  });
  const scope = "@palimpsest/resilience";
  expect(await exported(sdk)).toEqual([
    {
      scope,
      name: "decisions",
      attributes: { decision: "retry", kind: "overloaded" },
      value: 1,
    },
    { scope, name: "decisions", attributes: { decision: "call", outcome: "success" }, value: 1 },
    { scope, name: "call.duration", attributes: { outcome: "success" }, value: { count: 1 } },
    { scope, name: "upstream.calls", attributes: { outcome: "success" }, value: 2 },
    { scope, name: "wait.duration", attributes: { wait: "retry" }, value: { count: 1 } },
  ]);
});

test("a nested pipeline's decisions are counted once", async () => {
  const sdk = startSdk();
  const within = pipeline({ retry: retry({ initialDelay: 0 }) });
  await pipeline({}).execute((call) =>
    within.execute(async ({ attempt }) => {
      if (attempt === 1) throw down();
    }, call),
  );
  const decisions = (await exported(sdk)).filter(({ name }) => name === "decisions");
  expect(decisions.map(({ attributes, value }) => [attributes["decision"], value])).toEqual([
    ["retry", 1],
    ["call", 2],
  ]);
});

test("attributes hold names and reasons, never an error's text or a number of endless values", async () => {
  const sdk = startSdk();
  const policy = pipeline({ retry: retry({ attempts: 2, initialDelay: 0 }) });
  await policy.execute(() => Promise.reject(down())).catch(() => {});
  const events: ResilienceEvent[] = [
    { type: "limit-changed", from: 10, to: 9 },
    { type: "rate-limit-waited", wait: 250 },
    { type: "breaker-state", breaker: "openai gpt-5 eu", from: "closed", to: "open" },
    { type: "breaker-rejected", breaker: "openai gpt-5 eu", state: "open", retryAfter: 17 },
  ];
  for (const event of events) tell(event, undefined, undefined);
  const points = await exported(sdk);
  expect(JSON.stringify(points)).not.toContain("secret");
  const attributes = points.flatMap((point) => Object.entries(point.attributes));
  expect(attributes.every(([, value]) => typeof value === "string")).toBe(true);
  expect(points).toContainEqual(
    expect.objectContaining({ name: "concurrency.limit", value: 9, attributes: {} }),
  );
});
