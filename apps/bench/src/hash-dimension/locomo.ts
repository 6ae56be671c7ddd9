import { readFile } from "node:fs/promises";
import type { Question, RetrievalSet } from "./retrieval-set.ts";

interface Turn {
  readonly speaker: string;
  readonly dia_id: string;
  readonly text: string;
  readonly blip_caption?: string;
}

interface Conversation {
  readonly qa: readonly {
    readonly question: string;
    readonly category: number;
    readonly evidence: readonly string[];
  }[];
  readonly conversation: Readonly<Record<string, string | readonly Turn[]>>;
}

const kinds: Readonly<Record<number, string>> = {
  1: "multi-hop",
  2: "temporal",
  3: "open",
  4: "single-hop",
};

/** Reads a LoCoMo file: a corpus per conversation, a document per turn, its adversarial questions left out. */
export async function readLocomo(path: string): Promise<RetrievalSet[]> {
  const conversations = JSON.parse(await readFile(path, "utf8")) as readonly Conversation[];
  return conversations.map(toRetrievalSet);
}

function toRetrievalSet({ conversation, qa }: Conversation): RetrievalSet {
  const turns = Object.values(conversation).flatMap((session) =>
    typeof session === "string" ? [] : session,
  );
  const positions = new Map(turns.map((turn, i) => [turn.dia_id, i]));
  const questions: Question[] = qa.flatMap(({ question, category, evidence }) => {
    const kind = kinds[category];
    const relevant = evidencePositions(evidence, positions);
    return kind === undefined || relevant.length === 0 ? [] : [{ text: question, kind, relevant }];
  });
  return { documents: turns.map(turnText), questions };
}

function turnText({ speaker, text, blip_caption }: Turn): string {
  return `${speaker}: ${text} ${blip_caption ?? ""}`.trim();
}

/** Some ids in the data are joined or misspelled: "D8:6; D9:17", "D:11:26". */
function evidencePositions(
  evidence: readonly string[],
  positions: ReadonlyMap<string, number>,
): number[] {
  const ids = evidence.flatMap((text) =>
    [...text.matchAll(/D:?(\d+):(\d+)/g)].map(([, session, turn]) => `D${session}:${turn}`),
  );
  return [...new Set(ids)].flatMap((id) => positions.get(id) ?? []);
}
