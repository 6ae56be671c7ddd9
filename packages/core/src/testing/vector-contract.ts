import type { VectorIndexOptions } from "../engine.ts";
import { describeContract, type Opened } from "./contract.ts";
import type {
  VectorIndexCase,
  VectorIndexContext,
  VectorIndexContractOptions,
} from "./vector-context.ts";
import { vectorEntries } from "./vector-entries.ts";
import { vectorQueries } from "./vector-queries.ts";
import { vectorSideBySide } from "./vector-side-by-side.ts";

export const vectorIndexCases: readonly VectorIndexCase[] = [
  ...vectorQueries,
  ...vectorEntries,
  ...vectorSideBySide,
];

/** Registers the contract of `VectorIndex` as vitest tests. */
export function describeVectorIndexContract(
  name: string,
  options: VectorIndexContractOptions,
): void {
  describeContract(`VectorIndex contract: ${name}`, vectorIndexCases, {
    open: () => openVectorIndex(options.create),
    exceptions: options.exceptions,
  });
}

export async function openVectorIndex(
  create: VectorIndexContractOptions["create"],
): Promise<Opened<VectorIndexContext>> {
  const opened: VectorIndexOptions = { dimension: 3, modelId: "contract", metric: "cosine" };
  const fixture = await create(opened);
  return {
    context: { ...fixture, opened, create },
    dispose: fixture.dispose ?? (() => fixture.index.close()),
  };
}
