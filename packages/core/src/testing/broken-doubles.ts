// oxlint-disable no-await-in-loop -- cases may not disturb one another
import { expect } from "vitest";
import { type ContractCase, type Opened, runCase } from "./contract.ts";

/** `target` with some members replaced; the rest still works on `target`. */
export function altered<T extends object>(target: T, changes: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const owner = Object.hasOwn(changes, name) ? changes : target;
      const value: unknown = Reflect.get(owner, name, owner);
      return typeof value === "function" ? value.bind(owner) : value;
    },
  });
}

/** Runs the cases themselves, past vitest. @returns the names of those that threw */
export async function failingCases<C>(
  cases: readonly ContractCase<C>[],
  open: () => Promise<Opened<C>>,
): Promise<string[]> {
  const failed: string[] = [];
  for (const contractCase of cases) {
    try {
      await runCase(contractCase, open);
    } catch {
      failed.push(contractCase.name);
    }
  }
  return failed;
}

/** Proves that each named case rejects the double. */
export async function expectCaught<C>(
  cases: readonly ContractCase<C>[],
  names: readonly string[],
  open: () => Promise<Opened<C>>,
): Promise<void> {
  const chosen = cases.filter(({ name }) => names.includes(name));
  expect(chosen.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  expect(await failingCases(chosen, open)).toEqual(chosen.map(({ name }) => name));
}
