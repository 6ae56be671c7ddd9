import { openChroma } from "@palimpsest/drivers/chroma";
import { openPostgres, type PostgresPool } from "@palimpsest/drivers/postgres";
import { HashEmbedder } from "@palimpsest/embedders/hash";
import { SemanticStore } from "@palimpsest/store";
import { Pool } from "pg";
import { goal, type Goal, interleave, median } from "../report.ts";
import type { Dataset } from "../store/dataset.ts";
import { chromaClient, type Places } from "./places.ts";
import { documentOf } from "./written.ts";

const warmUp = 50;
const inserts = 600;

/**
 * What an insert costs when the index is left to the worker, which runs meanwhile, embeds and fills
 * Chroma, beside the driver's own guarded upsert of the same document without an outbox entry.
 */
export async function eventualGoal(places: Places, data: Dataset): Promise<Goal> {
  const connectionString = places.postgres;
  const engine = await openPostgres({ connectionString, schema: "eventual" });
  const chroma = await openChroma({ client: chromaClient(places.chroma), name: "eventual" });
  const embedder = new HashEmbedder();
  const vectors = await chroma.openVectors(embedder);
  const { documents, lexical } = engine;
  const parts = { documents, lexical, vectors, embedder };
  const store = await SemanticStore.open({ ...parts, consistency: "eventual" });
  const pool = new Pool({ connectionString, max: 10 });
  const bare = await openPostgres({ pool: withoutOutbox(pool), schema: "bare" });
  const samples = data.samples(warmUp + inserts, "eventual");
  const times = await interleave(samples.length, {
    bare: (i) => bare.documents.write([documentOf(samples[i]!)], { indexElsewhere: true }),
    ours: (i) => store.insert({ id: samples[i]!.id, text: samples[i]!.text }),
  });
  await store.flush();
  const { healthy, documents: count } = await store.checkConsistency();
  const { pending } = await bare.documents.outbox.stats();
  await store.close();
  await Promise.all([chroma.close(), engine.close(), bare.close()]);
  await pool.end();
  if (!healthy || count !== samples.length) throw new Error("the index did not follow the inserts");
  if (pending > 0) throw new Error("the bare side has an outbox after all");
  const [ours, without] = [times.ours.slice(warmUp), times.bare.slice(warmUp)];
  return goal("eventualInsertVsBare", median(ours) / median(without), { atMost: 1.25 });
}

const outboxPart = /queued AS \(\s*INSERT INTO[^;]*?error = NULL\)/;

/** The driver's statements with the part cut out that writes to the outbox; all else stays as it is. */
function withoutOutbox(pool: Pool): PostgresPool {
  const cut = new Map<string, string>();
  const textOf = (text: string): string => {
    const known = cut.get(text) ?? text.replace(outboxPart, "queued AS (SELECT $3::bigint)");
    cut.set(text, known);
    return known;
  };
  return {
    async connect() {
      const client = await pool.connect();
      return {
        query: (query) => client.query({ ...query, text: textOf(query.text) }),
        release: (destroy) => client.release(destroy),
      };
    },
  };
}
