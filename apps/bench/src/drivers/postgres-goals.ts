import { openPostgres, type PostgresEngine } from "@palimpsest/drivers/postgres";
import { goal, type Goal, interleave, median } from "../report.ts";
import type { Dataset, Sample } from "../store/dataset.ts";
import { RawPostgres, RawSearch, readyRow } from "./raw-postgres.ts";
import { checkSame, putOf } from "./written.ts";

const batch = 500;
const batchRounds = 12;
const singleRounds = 150;
const queries = 200;
const k = 10;

/** The driver's writes and searches beside the raw client's, at equal guarantees. */
export async function postgresGoals(connectionString: string, data: Dataset): Promise<Goal[]> {
  const engine = await openWith(connectionString, "ours", data.dimension);
  const other = await openWith(connectionString, "raw", data.dimension);
  await other.close();
  const raw = new RawPostgres(connectionString, "raw");
  const batches = await batchGoal(engine, raw, data);
  const single = await writeGoal(engine, raw, data);
  await raw.close();
  const search = await searchGoal(connectionString, engine, data);
  await engine.close();
  return [batches, single, search];
}

async function openWith(
  connectionString: string,
  schema: string,
  dimension: number,
): Promise<PostgresEngine> {
  const engine = await openPostgres({ connectionString, schema });
  await engine.openVectors({ dimension, modelId: "given" });
  return engine;
}

/** Half of each batch is new, half replaces what the batch before has written. */
async function batchGoal(engine: PostgresEngine, raw: RawPostgres, data: Dataset): Promise<Goal> {
  const samples = data.samples((batchRounds + 2) * (batch / 2), "batch");
  const rows = samples.map(readyRow);
  const part = <T>(all: readonly T[], round: number): T[] =>
    all.slice((round * batch) / 2, (round * batch) / 2 + batch);
  let counters = new Map<string, number>();
  const times = await interleave(batchRounds, {
    raw: async (round) => {
      counters = await raw.writeMany(part(rows, round));
    },
    ours: async (round) => {
      const results = await engine.documents.write(part(samples, round).map(putOf));
      if (round % 2 === 0) checkSame(results, counters);
    },
  });
  const ratios = times.ours.map((ours, i) => times.raw[i]! / ours);
  return goal("postgresBatchVsRaw", median(ratios), { atLeast: 0.8 });
}

async function writeGoal(engine: PostgresEngine, raw: RawPostgres, data: Dataset): Promise<Goal> {
  const samples = data.samples(singleRounds, "single");
  const rows = samples.map(readyRow);
  const times = await interleave(singleRounds, {
    raw: (i) => raw.writeOne(rows[i]!),
    ours: (i) => engine.documents.write([putOf(samples[i]!)]),
  });
  return goal("postgresWriteVsRaw", median(times.raw) / median(times.ours), { atLeast: 0.85 });
}

async function searchGoal(
  connectionString: string,
  engine: PostgresEngine,
  data: Dataset,
): Promise<Goal> {
  await fill(engine, data.samples(5_000, "more"));
  const vectors = await engine.openVectors({ dimension: data.dimension, modelId: "given" });
  const raw = new RawSearch(connectionString, "ours");
  const asked = Array.from({ length: queries }, () => data.vector());
  let found: readonly string[] = [];
  const times = await interleave(queries, {
    raw: async (i) => {
      found = await raw.query(asked[i]!, k);
    },
    ours: async (i) => {
      const hits = await vectors.query({ vector: asked[i]!, k, scope: "" });
      if (i % 2 === 0) checkSameIds(hits, found);
    },
  });
  await raw.close();
  return goal("postgresSearchVsRaw", median(times.ours) / median(times.raw), { atMost: 1.2 });
}

async function fill(engine: PostgresEngine, samples: readonly Sample[]): Promise<void> {
  for (let start = 0; start < samples.length; start += batch) {
    await engine.documents.write(samples.slice(start, start + batch).map(putOf));
  }
}

/** Both walk the same graph; a bench that compares different answers measures nothing. */
function checkSameIds(hits: readonly { readonly id: string }[], expected: readonly string[]): void {
  const missing = expected.filter((id) => !hits.some((hit) => hit.id === id));
  if (missing.length <= 1) return;
  throw new Error(`the driver and the raw query found different neighbours: ${missing}`);
}
