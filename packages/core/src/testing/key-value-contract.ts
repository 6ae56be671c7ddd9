import { describeContract, type Opened } from "./contract.ts";
import type {
  KeyValueStoreCase,
  KeyValueStoreContext,
  KeyValueStoreContractOptions,
} from "./key-value-context.ts";
import { keyValueLeases } from "./key-value-leases.ts";
import { keyValueValues } from "./key-value-values.ts";
import { TestClock } from "./test-clock.ts";

export const keyValueStoreCases: readonly KeyValueStoreCase[] = [
  ...keyValueValues,
  ...keyValueLeases,
];

/** Registers the contract of `KeyValueStore` as vitest tests. */
export function describeKeyValueStoreContract(
  name: string,
  options: KeyValueStoreContractOptions,
): void {
  describeContract(`KeyValueStore contract: ${name}`, keyValueStoreCases, {
    open: () => openKeyValueStore(options.create),
    exceptions: options.exceptions,
  });
}

export async function openKeyValueStore(
  create: KeyValueStoreContractOptions["create"],
): Promise<Opened<KeyValueStoreContext>> {
  const clock = new TestClock();
  const { store, pass = async (ms) => clock.advance(ms), dispose } = await create({ clock });
  return { context: { store, pass }, dispose: dispose ?? (() => store.close()) };
}
