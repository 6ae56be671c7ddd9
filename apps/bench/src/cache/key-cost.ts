import { modelCallKey } from "@palimpsest/cache";
import { interleave, median } from "../report.ts";

const messages = 32;
const messageLength = 2_048;

function conversation(): { role: string; content: string }[] {
  return Array.from({ length: messages }, (_, i) => ({
    role: "user",
    content: String(i).padEnd(messageLength, "words and more words "),
  }));
}

function keyOf(all: readonly unknown[]): unknown {
  return modelCallKey({ scope: "bench", model: "model", temperature: 0, messages: all });
}

/** Median microseconds for the key of a conversation of 64 KiB: read whole, and with one new message. */
export async function keyCost(): Promise<Record<string, number>> {
  const known = conversation();
  keyOf(known);
  const fresh = Array.from({ length: 200 }, conversation);
  const times = await interleave(200, {
    whole: (round) => keyOf(fresh[round]!),
    nextTurn: (round) => keyOf([...known, { role: "user", content: `question ${round}` }]),
  });
  return {
    wholeUs: Math.round(median(times.whole) * 1e4) / 10,
    nextTurnUs: Math.round(median(times.nextTurn) * 1e4) / 10,
  };
}
