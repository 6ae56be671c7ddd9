import { describe, expect, expectTypeOf, test } from "vitest";
import type { Cache } from "../cache.ts";
import { TieredCache } from "../tiered-cache.ts";
import { cached } from "./cached.ts";

const options = { scope: "ana", ttl: 300_000, jitter: 0 };

describe("as a decorator", () => {
  const shared = new TieredCache();

  class Reports {
    calls = 0;
    readonly name: string;
    readonly cache: Cache;

    constructor(name: string, cache: Cache) {
      this.name = name;
      this.cache = cache;
    }

    @cached({ ...options, prefix: "report", cache: shared })
    async generate(id: number): Promise<string> {
      this.calls += 1;
      return `${this.name} ${id}`;
    }

    @cached({
      ...options,
      prefix: "own",
      cache: (reports: Reports) => reports.cache,
      scope: (tenant: string) => tenant,
    })
    async own(tenant: string): Promise<string> {
      this.calls += 1;
      return `${this.name} for ${tenant}`;
    }
  }

  test("a method is called once for equal arguments, with its object", async () => {
    const reports = new Reports("weekly", shared);
    expect([await reports.generate(1), await reports.generate(1)]).toEqual([
      "weekly 1",
      "weekly 1",
    ]);
    await reports.generate(2);
    expect(reports.calls).toBe(2);
    expectTypeOf(reports.generate).toEqualTypeOf<(id: number) => Promise<string>>();
  });

  test("a cache can be the object's own, and the tenant an argument", async () => {
    const [a, b] = [new Reports("a", new TieredCache()), new Reports("b", new TieredCache())];
    expect([await a.own("x"), await b.own("x"), await a.own("x"), await a.own("y")]).toEqual([
      "a for x",
      "b for x",
      "a for x",
      "a for y",
    ]);
    expect([a.calls, b.calls]).toEqual([2, 1]);
  });

  test("what belongs to the object is part of the key by `this`, in subclasses and for the class itself", async () => {
    class Account {
      static calls = 0;
      readonly #tenant: string;
      readonly currency: string = "EUR";

      constructor(tenant: string) {
        this.#tenant = tenant;
      }

      get tenant(): string {
        return this.#tenant;
      }

      @cached({
        ...options,
        prefix: "balance",
        cache: shared,
        scope(this: Account) {
          return this.tenant;
        },
        key(this: Account, day: number) {
          return [this.currency, day];
        },
      })
      async balance(day: number): Promise<string> {
        Account.calls += 1;
        return `${this.#tenant} ${this.currency} ${day}`;
      }

      @cached({ ...options, prefix: "rate", cache: shared })
      static async rate(day: number): Promise<string> {
        this.calls += 1;
        return `rate ${day}`;
      }
    }
    class DollarAccount extends Account {
      override readonly currency = "USD";

      override async balance(day: number): Promise<string> {
        return `${await super.balance(day)}!`;
      }
    }
    const accounts = [new Account("ana"), new Account("ben"), new DollarAccount("ana")];
    for (let i = 0; i < 2; i++) {
      const balances = await Promise.all(accounts.map((account) => account.balance(1)));
      expect(balances).toEqual(["ana EUR 1", "ben EUR 1", "ana USD 1!"]);
      expect(await Account.rate(1)).toBe("rate 1");
    }
    expect(Account.calls).toBe(4);
  });

  test("in the other form of decorators it says which option is missing", () => {
    const decorate: unknown = cached({ ...options, prefix: "x", cache: shared });
    const asStandard = decorate as (value: unknown, context: { kind: string }) => unknown;
    expect(() => asStandard(async () => 1, { kind: "method" })).toThrow("experimentalDecorators");
  });

  test("on something that is no method it says so", () => {
    const decorate = cached({ ...options, prefix: "x", cache: shared });
    expect(() => decorate({}, "size", { get: () => async () => 1 })).toThrow("size");
  });
});
