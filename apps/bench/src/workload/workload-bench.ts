import { CacheStatistics, summarise, TieredCache, totalOf } from "@palimpsest/cache";
import { cacheMiddleware } from "@palimpsest/cache/ai-sdk";
import { type LanguageModelMiddleware, wrapLanguageModel } from "ai";
import { type BenchReport, goal, machine, median } from "../report.ts";
import { type Query, workload } from "./queries.ts";
import { replay, type Replay } from "./replay.ts";
import { type Paid, price, simulatedModel } from "./simulated-model.ts";

const shape = { queries: 1_000, repetition: 0.8, tenants: 2, seed: 20_300_101 };
const concurrency = 8;

interface Run {
  readonly paid: Paid;
  readonly seen: Replay;
}

/** A thousand queries, most of them repeated, through the AI SDK: with the cache, and without. */
export async function workloadBench(): Promise<BenchReport> {
  const queries = workload(shape);
  console.error("without a cache …");
  const plain = await run(queries, () => []);
  console.error("with the middleware …");
  const statistics = new CacheStatistics();
  await using cache = new TieredCache({ onEvent: statistics.record });
  const ours = await run(queries, (scope) => [
    cacheMiddleware({ cache, scope, ttl: 3_600_000, price }),
  ]);
  const counted = summarise(totalOf(statistics.snapshot()));
  return {
    name: "workload",
    goals: [
      goal("hitRate", counted.hitRate, { atLeast: 0.7 }),
      goal("callsSaved", 1 - ours.paid.calls / plain.paid.calls, { atLeast: 0.5 }),
      goal("cachedSpeedup", median(ours.seen.fresh) / median(ours.seen.repeated), { atLeast: 10 }),
      goal("costSaved", 1 - ours.paid.cost / plain.paid.cost, { atLeast: 0.4 }),
      goal("errors", ours.seen.errors + counted.errors, { atMost: 0 }),
    ],
    peers: {
      noCache: figures(plain),
      palimpsest: { ...figures(ours), costSaved: round(counted.netSaved) },
    },
    machine: machine(),
    notes: [
      `${shape.queries} queries of ${shape.tenants} tenants, ${shape.repetition * 100} % repeated, by Zipf's law; seed ${shape.seed}; ${concurrency} at a time; a third by streamText`,
      "the model is simulated: about 30 ms for a call, so that a speedup is far below that over a real one",
    ],
  };
}

async function run(
  queries: readonly Query[],
  middlewareOf: (tenant: string) => LanguageModelMiddleware[],
): Promise<Run> {
  const paid: Paid = { calls: 0, cost: 0 };
  const tenants = new Set(queries.map(({ tenant }) => tenant));
  const models = new Map(
    [...tenants].map((tenant) => {
      const model = simulatedModel(tenant, paid);
      return [tenant, wrapLanguageModel({ model, middleware: middlewareOf(tenant) })] as const;
    }),
  );
  const modelOf = (tenant: string) => models.get(tenant) ?? simulatedModel(tenant, paid);
  return { paid, seen: await replay(queries, modelOf, concurrency) };
}

function figures({ paid, seen }: Run): Record<string, number> {
  return {
    calls: paid.calls,
    cost: round(paid.cost),
    freshP50Ms: round(median(seen.fresh)),
    repeatedP50Ms: round(median(seen.repeated)),
    seconds: round(seen.duration / 1_000),
    errors: seen.errors,
  };
}

const round = (value: number): number => Number(value.toFixed(3));
