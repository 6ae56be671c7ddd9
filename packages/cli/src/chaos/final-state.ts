import type {
  DocumentKey,
  IndexEntry,
  IndexPage,
  IndexScanOptions,
  StoredDocument,
} from "@palimpsest/core";
import { compareRevisions } from "@palimpsest/core";
import type { VirtualTime } from "@palimpsest/core/faults";
import type { ConsistencyReport, SemanticStore } from "@palimpsest/store";
import type { Ablation } from "./ablations.ts";
import { seenOf } from "./client.ts";
import { type History, nameOf } from "./history.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import { textEmbedder } from "./text-embedder.ts";
import type { EngineParts, World } from "./worlds.ts";

export interface FinalOptions {
  readonly world: World;
  readonly time: VirtualTime;
  readonly history: History;
  readonly ablation?: Ablation | undefined;
  /** What restart and drain may leave to `repair`. */
  readonly leftToRepair: "nothing" | "orphans" | "anything";
}

/** Restarts without faults, drains, repairs, and reports to the history what does not hold then. */
export async function checkFinalState(options: FinalOptions): Promise<void> {
  const { world, time, history, ablation } = options;
  const faults = { seed: 0, rate: 0 };
  const process = await SimulatedProcess.start({
    world,
    time,
    ablation,
    consistency: "eventual",
    faults,
  });
  const { store, parts } = process;
  await drain(store, time);
  const drained = await store.checkConsistency();
  if (!hasConverged(drained, options.leftToRepair)) {
    history.report("unconverged", describe(drained));
  }
  const { healthy, after } = await store.repair();
  if (!healthy && after) history.report("divergedAfterRepair", describe(after));
  const documents = await allDocuments(parts);
  checkDocuments(documents, history);
  await checkCount(store, documents, history);
  await checkIndex("vectors", (page) => parts.vectors.scan(page), documents, history);
  await checkIndex("lexical", (page) => parts.lexical.scan(page), documents, history);
  await checkSearch(parts, documents, history);
  await process.crash();
}

/** Leases and retries run out by the clock; each round lets them. */
async function drain(store: SemanticStore, time: VirtualTime): Promise<void> {
  for (let round = 0; round < 12; round++) {
    const { pending } = await store.flush();
    if (pending === 0) return;
    await time.advance(61_000);
  }
}

/** What was given up after many failures waits for `repair` by design. */
function hasConverged(report: ConsistencyReport, left: FinalOptions["leftToRepair"]): boolean {
  const { healthy, missing, stale, quarantined } = report;
  if (healthy || quarantined > 0 || left === "anything") return true;
  return left === "orphans" && missing + stale === 0;
}

function describe(report: ConsistencyReport): string {
  const { missing, orphans, stale, quarantined, pending, problems } = report;
  const first = problems
    .slice(0, 3)
    .map(({ kind, scope, id, detail }) => `${kind} ${nameOf({ scope, id })}: ${detail}`);
  return `${JSON.stringify({ missing, orphans, stale, quarantined, pending })} ${first.join("; ")}`;
}

async function allDocuments({ documents }: EngineParts): Promise<StoredDocument[]> {
  const page = await documents.scan({ allScopes: true, includeDeleted: true, limit: 1000 });
  return [...page.documents];
}

function checkDocuments(documents: readonly StoredDocument[], history: History): void {
  const now = history.tick();
  const live = new Map(
    documents.filter(({ deleted }) => !deleted).map((one) => [nameOf(one), one]),
  );
  for (const key of history.keys()) {
    const document = live.get(nameOf(key));
    const { scope, id } = key;
    const seen = document ? seenOf(document) : { scope, id, text: null, op: null };
    history.checkRead(seen, now, Infinity);
  }
  const names = new Set<string>();
  for (const document of documents) {
    const name = nameOf(document);
    if (!history.isKnown(document))
      history.report("ghosts", `${name} is stored, which nobody wrote`);
    if (names.has(name)) history.report("duplicated", `${name} is stored twice`);
    names.add(name);
    const { counter } = document.revision;
    if (counter > history.attempts(document)) {
      history.report(
        "duplicated",
        `${name} has ${counter} revisions from ${history.attempts(document)} writes`,
      );
    }
  }
}

async function checkCount(
  store: SemanticStore,
  documents: readonly StoredDocument[],
  history: History,
): Promise<void> {
  const counted = await store.count({ allScopes: true });
  const live = documents.filter(({ deleted }) => !deleted).length;
  if (counted !== live) history.report("duplicated", `count says ${counted}, a scan finds ${live}`);
}

/** Does not take the store's own word for it: reads the index and compares. */
async function checkIndex(
  index: string,
  scan: (options: IndexScanOptions) => Promise<IndexPage>,
  documents: readonly StoredDocument[],
  history: History,
): Promise<void> {
  const { entries } = await scan({ allScopes: true, limit: 1000 });
  const wanted = new Map(
    documents.filter(isIndexed).map((document) => [nameOf(document), document]),
  );
  const seen = new Set<string>();
  for (const entry of entries) {
    const name = nameOf(entry);
    if (seen.has(name)) history.report("duplicated", `${name} is in ${index} twice`);
    if (!history.isKnown(entry))
      history.report("ghosts", `${name} is in ${index}, which nobody wrote`);
    seen.add(name);
    if (isSame(entry, wanted.get(name))) wanted.delete(name);
    else
      history.report("divergedAfterRepair", `${name} is in ${index}, but not as the document is`);
  }
  for (const name of wanted.keys()) {
    if (!seen.has(name)) history.report("divergedAfterRepair", `${name} is missing in ${index}`);
  }
}

function isIndexed({ deleted, text }: StoredDocument): boolean {
  return !deleted && text !== "";
}

function isSame(entry: IndexEntry, document: StoredDocument | undefined): boolean {
  return document !== undefined && compareRevisions(entry.revision, document.revision) === 0;
}

/** An entry of the right revision may still hold the content of another write. */
async function checkSearch(
  { vectors, lexical }: EngineParts,
  documents: readonly StoredDocument[],
  history: History,
): Promise<void> {
  const k = 10;
  for (const document of documents.filter(isIndexed)) {
    const { text } = document;
    const [vector] = await textEmbedder.embed([text], { kind: "document" });
    if (vector === undefined) continue;
    const near = await vectors.query({ vector, k, allScopes: true });
    const found = near.some((hit) => sameKey(hit, document) && hit.score > 0.999);
    if (!found)
      history.report("divergedAfterRepair", `${nameOf(document)} is not found by its vector`);
    const word = text.split(" ", 1)[0] ?? "";
    const hits = await lexical.query({ text: word, k, allScopes: true });
    if (!hits.some((hit) => sameKey(hit, document))) {
      history.report("divergedAfterRepair", `${nameOf(document)} is not found by its words`);
    }
  }
}

function sameKey(a: DocumentKey, b: DocumentKey): boolean {
  return a.scope === b.scope && a.id === b.id;
}
