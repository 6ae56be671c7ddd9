// oxlint-disable vitest/valid-title, vitest/no-conditional-tests, vitest/no-disabled-tests, vitest/expect-expect -- tests are made from a list of cases
import { describe, test } from "vitest";
import type { Capabilities } from "../capabilities.ts";

/** One sentence of a contract. `run` throws when the implementation breaks it. */
export interface ContractCase<C> {
  readonly name: string;
  /** The capability without which this case cannot hold. */
  readonly capability?: keyof Capabilities;
  /** @returns why the case says nothing about this implementation */
  readonly skipWhen?: (context: C) => string | undefined;
  readonly run: (context: C) => Promise<void>;
}

/** A part of the contract that an implementation does not keep, and why. Printed with the skipped test. */
export type ContractException =
  | { readonly test: string; readonly reason: string }
  | { readonly capability: keyof Capabilities; readonly reason: string };

export interface Opened<C> {
  readonly context: C;
  readonly dispose: () => Promise<void>;
}

/** @returns why the case was skipped, undefined when it held. @throws what the case throws */
export async function runCase<C>(
  contractCase: ContractCase<C>,
  open: () => Promise<Opened<C>>,
): Promise<string | undefined> {
  const { context, dispose } = await open();
  try {
    const skipped = contractCase.skipWhen?.(context);
    if (skipped === undefined) await contractCase.run(context);
    return skipped;
  } finally {
    await dispose();
  }
}

/** Registers one vitest test per case, each on an implementation freshly opened. */
export function describeContract<C>(
  title: string,
  cases: readonly ContractCase<C>[],
  options: {
    readonly open: () => Promise<Opened<C>>;
    readonly exceptions?: readonly ContractException[] | undefined;
  },
): void {
  const exceptions = options.exceptions ?? [];
  checkExceptions(title, cases, exceptions);
  describe(title, () => {
    for (const contractCase of cases) {
      const exception = exceptions.find((candidate) => covers(candidate, contractCase));
      if (exception) {
        test.skip(`${contractCase.name} [exception: ${exception.reason}]`, () => {});
        continue;
      }
      test(contractCase.name, async ({ skip }) => {
        const skipped = await runCase(contractCase, options.open);
        if (skipped !== undefined) skip(skipped);
      });
    }
  });
}

function covers(exception: ContractException, contractCase: ContractCase<never>): boolean {
  return "test" in exception
    ? exception.test === contractCase.name
    : exception.capability === contractCase.capability;
}

/** An exception that excuses nothing hides a renamed test. */
function checkExceptions(
  title: string,
  cases: readonly ContractCase<never>[],
  exceptions: readonly ContractException[],
): void {
  for (const exception of exceptions) {
    const what = "test" in exception ? exception.test : exception.capability;
    if (exception.reason.trim() === "") {
      throw new TypeError(`${title}: the exception for "${what}" needs a reason`);
    }
    if (!cases.some((contractCase) => covers(exception, contractCase))) {
      throw new TypeError(`${title}: the exception for "${what}" matches no test of the contract`);
    }
  }
}
