import { PalimpsestError } from "@palimpsest/core";

export interface EmbeddingAnswer {
  readonly embeddings: readonly (readonly number[])[];
  readonly response?: { readonly body?: unknown };
}

/**
 * The answer's vectors in the order of the texts. @param dimension undefined while it is still unknown
 * @throws `E_EMBEDDING_FAILED` for a wrong count, order or number, `E_DIMENSION_MISMATCH`
 */
export function readVectors(
  answer: EmbeddingAnswer,
  expected: { readonly count: number; readonly dimension: number | undefined },
  from: string,
): Float32Array[] {
  const { embeddings } = answer;
  if (embeddings.length !== expected.count) {
    throw unusable(from, `${embeddings.length} vectors for ${expected.count} texts`);
  }
  const vectors = inOrder(answer, from).map((values) => Float32Array.from(values));
  const dimension = expected.dimension ?? vectors[0]?.length ?? 0;
  for (const vector of vectors) {
    if (vector.length === 0) throw unusable(from, "an empty vector");
    if (vector.length !== dimension) throw mismatch(from, vector.length, dimension);
    if (!vector.every(Number.isFinite)) throw unusable(from, "a number that is NaN or Infinity");
  }
  return vectors;
}

/** OpenAI's answer numbers its vectors by `index`; the SDK drops that and a server may answer in any order. */
function inOrder({ embeddings, response }: EmbeddingAnswer, from: string): (readonly number[])[] {
  const indexes = indexesOf(response?.body);
  if (indexes === undefined) return [...embeddings];
  const ordered: (readonly number[])[] = [];
  for (const [i, values] of embeddings.entries()) {
    const at = indexes[i];
    if (at === undefined || ordered[at] !== undefined || at >= embeddings.length) {
      throw unusable(from, "vectors whose indexes are not 0, 1, 2 …");
    }
    ordered[at] = values;
  }
  return ordered;
}

function indexesOf(body: unknown): number[] | undefined {
  if (typeof body !== "object" || body === null || !("data" in body)) return undefined;
  if (!Array.isArray(body.data)) return undefined;
  const indexes = body.data.map((item: { index?: unknown }) => item.index);
  return indexes.every((index) => Number.isInteger(index) && (index as number) >= 0)
    ? (indexes as number[])
    : undefined;
}

function unusable(from: string, what: string): PalimpsestError {
  return new PalimpsestError(
    "E_EMBEDDING_FAILED",
    `${from} returned ${what}; check that it is an embedding model and that the server is healthy`,
  );
}

function mismatch(from: string, found: number, wanted: number): PalimpsestError {
  return new PalimpsestError(
    "E_DIMENSION_MISMATCH",
    `${from} returned vectors of ${found} dimensions instead of ${wanted}; configure that dimension or the model it belongs to`,
  );
}
