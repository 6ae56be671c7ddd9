import { type BenchReport, goal, machine } from "../report.ts";
import { abortProbe } from "./abort-probe.ts";
import { failureAfterSuccesses } from "./breaker-probe.ts";
import { hedgeSimulation } from "./hedge-simulation.ts";
import { innocentsAborted, mostConcurrent } from "./isolation-probes.ts";
import { outageLoad } from "./outage-simulation.ts";
import { pipelineCost } from "./pipeline-cost.ts";
import { streamProbe } from "./stream-probe.ts";

type Figures = Readonly<Record<string, number>>;

/** What the policies cost on success, and what they do on a bad day, beside cockatiel and opossum. */
export async function resilienceBench(): Promise<BenchReport> {
  console.error("one successful call through everything …");
  const cost = await pipelineCost();
  console.error("streamed bodies …");
  const streams = await streamProbe();
  console.error("a caller who leaves during a backoff …");
  const abort = await abortProbe();
  console.error("calls beside one that times out …");
  const innocents = await innocentsAborted();
  const concurrent = await mostConcurrent();
  console.error("a failure after many successes …");
  const failure = await failureAfterSuccesses();
  console.error("a simulated outage …");
  const outage = await outageLoad();
  console.error("a simulated provider that stalls …");
  const tail = await hedgeSimulation();

  return {
    name: "resilience",
    goals: [
      goal("pipelineVsCockatielWrap5", cost.ours / cost.cockatielWrap5, { atMost: 0.5 }),
      goal("streamsIntact", streams.ours, { atLeast: 100 }),
      goal("abortDuringBackoffMs", abort.ours.returnedAfterMs, { atMost: 20 }),
      goal("extraCallsAfterAbort", abort.ours.extraCalls, { atMost: 0 }),
      goal("innocentsAborted", innocents.ours, { atMost: 0 }),
      goal("concurrencyOverLimit", Math.max(0, concurrent.ours - concurrent.limit), { atMost: 0 }),
      goal("outageLoad", outage.ours, { atMost: 1.15 }),
      goal("hedgeP99Cut", tail.plain.p99 / tail.hedged.p99, { atLeast: 2 }),
      goal("hedgeExtraCalls", tail.hedged.extraCalls, { atMost: 0.05 }),
      goal("hedgesWhenOutputLong", tail.longOutputHedged.extraCalls, { atMost: 0 }),
    ],
    peers: rounded({
      "successful call, ns": cost,
      "intact of 100 streams": streams,
      "abort in backoff, ours": { ...abort.ours },
      "abort in backoff, cockatiel": { ...abort.cockatiel },
      "aborted of 10 innocents": innocents,
      "at once where 5 may": concurrent,
      "failure after 200,000 successes, ms": failure,
      "outage, calls per request": outage,
      "stalls, plain": { ...tail.plain },
      "stalls, hedged": { ...tail.hedged },
      "long output, plain": { ...tail.longOutputPlain },
      "long output, hedged": { ...tail.longOutputHedged },
      "long output, on total time": { ...tail.longOutputHedgedOnTotal },
    }),
    machine: machine(),
    notes: [
      "Outage and stalls are simulated: seeded, with a clock and timers that do not wait.",
      "Both sides have fallback, retry, breaker, bulkhead and a timeout of 30 s; ours has a retry budget besides.",
    ],
  };
}

/** The peers' side of a report. */
function rounded(peers: Readonly<Record<string, Figures>>): Record<string, Figures> {
  return Object.fromEntries(
    Object.entries(peers).map(([name, figures]) => [
      name,
      Object.fromEntries(
        Object.entries(figures).map(([key, value]) => [key, Number(value.toPrecision(4))]),
      ),
    ]),
  );
}
