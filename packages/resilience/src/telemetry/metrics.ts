import {
  type Attributes,
  type Counter,
  createNoopMeter,
  type Gauge,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
} from "@opentelemetry/api";
import type { ResilienceEvent } from "./event.ts";

const scope = "@palimpsest/resilience";

/** The fields that become attributes: names of the application's choosing and words of ours. */
const attributeNames = [
  "kind",
  "reason",
  "breaker",
  "from",
  "to",
  "state",
  "step",
  "deadline",
  "ceiling",
  "outcome",
] as const;

interface Instruments {
  readonly decisions: Counter;
  readonly callDuration: Histogram;
  readonly upstreamCalls: Counter;
  readonly waitDuration: Histogram;
  readonly concurrencyLimit: Gauge;
}

/** Seconds; model calls take from a fraction of one to minutes. */
const boundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300];

let provider: MeterProvider | undefined;
let instruments: Instruments | undefined;

/** Whether the application has set up an SDK, at any time before now. */
export function metricsActive(): boolean {
  return currentInstruments() !== undefined;
}

/** Counts a decision and what it measures; nothing while no SDK is set up. */
export function recordMetrics(event: ResilienceEvent): void {
  const current = currentInstruments();
  if (!current) return;
  const attributes = attributesOf(event);
  current.decisions.add(1, { decision: event.type, ...attributes });
  if (event.type === "call") {
    current.callDuration.record(event.duration / 1_000, attributes);
    current.upstreamCalls.add(event.calls, attributes);
  } else if (event.type === "retry") {
    current.waitDuration.record(event.delay / 1_000, { wait: "retry" });
  } else if (event.type === "rate-limit-waited") {
    current.waitDuration.record(event.wait / 1_000, { wait: "rate-limit" });
  } else if (event.type === "limit-changed") {
    current.concurrencyLimit.record(event.to);
  }
}

/** Asked anew each time, for an application may set its SDK up after it has built its policies. */
function currentInstruments(): Instruments | undefined {
  const current = metrics.getMeterProvider();
  if (current === provider) return instruments;
  provider = current;
  const meter = current.getMeter(scope);
  instruments = meter === createNoopMeter() ? undefined : createInstruments(meter);
  return instruments;
}

function createInstruments(meter: Meter): Instruments {
  const seconds = { unit: "s", advice: { explicitBucketBoundaries: boundaries } };
  return {
    decisions: meter.createCounter("palimpsest.resilience.decisions", {
      description: "Decisions of policies, by kind of decision and its reason",
    }),
    callDuration: meter.createHistogram("palimpsest.resilience.call.duration", {
      description: "Calls through a pipeline, waits and retries included",
      ...seconds,
    }),
    upstreamCalls: meter.createCounter("palimpsest.resilience.upstream.calls", {
      description: "Calls that reached the upstream, retries and hedges included",
    }),
    waitDuration: meter.createHistogram("palimpsest.resilience.wait.duration", {
      description: "Waits before a retry or for a rate limit",
      ...seconds,
    }),
    concurrencyLimit: meter.createGauge("palimpsest.resilience.concurrency.limit", {
      description: "The limit that an adaptive limit has found",
    }),
  };
}

function attributesOf(event: ResilienceEvent): Attributes {
  const fields: Partial<Record<string, unknown>> = { ...event };
  const attributes: Attributes = {};
  for (const name of attributeNames) {
    const value = fields[name];
    if (typeof value === "string") attributes[name] = value;
  }
  return attributes;
}
