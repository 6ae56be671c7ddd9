import type { FaultTarget } from "./fault.ts";

/** Asynchronous methods of a contract, with the position of the list that a partial call shortens. */
export type FaultMethods = Readonly<Record<string, number | undefined>>;

/** Everything else (names, capabilities, `compiles`, `close`) passes undisturbed. */
export const faultMethods: Readonly<Record<FaultTarget, FaultMethods>> = {
  documents: {
    write: 0,
    putIfNewer: 0,
    fence: undefined,
    get: undefined,
    recent: undefined,
    count: undefined,
    scan: undefined,
    digest: undefined,
    compact: undefined,
  },
  outbox: {
    claim: undefined,
    settle: 1,
    retryLater: 1,
    quarantine: 1,
    quarantined: undefined,
    enqueue: 0,
    stats: undefined,
  },
  settings: { get: undefined, set: undefined },
  vectors: {
    upsert: 0,
    delete: 0,
    query: undefined,
    scan: undefined,
    describe: undefined,
  },
  lexical: {
    upsert: 0,
    delete: 0,
    query: undefined,
    documentFrequency: undefined,
    scan: undefined,
  },
  embedder: { embed: 0 },
};

/** @param methods - those that `disturb` runs instead of the target's own */
export function disturbed<T extends object>(
  target: T,
  methods: FaultMethods,
  disturb: (method: string, args: unknown[], invoke: (args: unknown[]) => unknown) => unknown,
  replaced: Partial<T> = {},
): T {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(replaced, name)) return Reflect.get(replaced, name);
      // Drivers have private fields, so their members must see the target itself.
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const invoke = (args: unknown[]): unknown => Reflect.apply(value, target, args);
      if (typeof name === "string" && Object.hasOwn(methods, name)) {
        return (...args: unknown[]) => disturb(name, args, invoke);
      }
      return (...args: unknown[]) => invoke(args);
    },
  });
}
