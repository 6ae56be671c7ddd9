import { type Embedder, throwIfAborted } from "@palimpsest/core";
import { SeededRandom } from "@palimpsest/core/faults";

const dimension = 16;

/** Every text has a direction of its own, so that an index entry tells which text it was made from. */
export const textEmbedder: Embedder = {
  modelId: "chaos-16",
  dimension,
  settings: { driver: "chaos" },
  embed: async (texts, { signal }) => {
    throwIfAborted(signal);
    return texts.map(directionOf);
  },
};

function directionOf(text: string): Float32Array {
  let seed = 7;
  for (let i = 0; i < text.length; i++) seed = Math.imul(seed, 31) + text.charCodeAt(i);
  const random = new SeededRandom(seed);
  return Float32Array.from({ length: dimension }, () => random.next() - 0.5);
}
