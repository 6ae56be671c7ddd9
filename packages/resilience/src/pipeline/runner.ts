import { type Clock, PalimpsestError } from "@palimpsest/core";
import type {
  CallContext,
  Operation,
  PolicyKind,
  PolicyOfKind,
  ResiliencePolicy,
} from "../call.ts";
import type { FallbackPolicy } from "../fallback/fallback-policy.ts";
import { CeilingsPolicy, countedCall } from "../ledger/ceilings-policy.ts";
import type { RequestCeilings } from "../request-ledger.ts";

/** One slot for each kind; a policy of another kind does not fit. */
export interface PipelinePolicies<Answer = never> {
  /** Bounds calls, cost and time of the whole request: nothing within may go beyond. */
  readonly ceilings?: RequestCeilings;
  /** Around the retries: another model is tried when this one has had its attempts. */
  readonly fallback?: FallbackPolicy<Answer>;
  /** Around the retries: a slow attempt is raced by another deployment, which may retry too. */
  readonly hedge?: PolicyOfKind<"hedge">;
  /** Around the limits: each attempt waits for its own place, and none is held during a backoff. */
  readonly retry?: PolicyOfKind<"retry">;
  /** Before the bulkhead: a call that waits for its rate occupies no slot. */
  readonly rateLimit?: PolicyOfKind<"rate-limit">;
  /** Before the breaker: the breaker is asked when the call really starts. `adaptiveLimit` fits here too. */
  readonly bulkhead?: PolicyOfKind<"bulkhead">;
  /** Around the timeout: an attempt that takes too long speaks against its upstream. */
  readonly breaker?: PolicyOfKind<"breaker">;
  /** Of one attempt; the time of the whole request is `ceilings.time`. */
  readonly timeout?: PolicyOfKind<"timeout">;
}

export type Runner<Answer = never> = <T>(
  operation: Operation<T>,
  call: CallContext,
) => Promise<T | Answer>;

/** Every call that is really made counts, whichever policy asked for it. */
const upstream: Runner = (operation, call) => countedCall(operation)(call);

const kinds = {
  fallback: "fallback",
  hedge: "hedge",
  retry: "retry",
  rateLimit: "rate-limit",
  bulkhead: "bulkhead",
  breaker: "breaker",
  timeout: "timeout",
} as const satisfies Partial<Record<keyof PipelinePolicies, PolicyKind>>;

const others: ReadonlySet<string> = new Set(["ceilings", "on", "classify", "clock"]);

/** For callers without types: a policy in another's place works, but not as the order promises. */
function checkKinds(policies: PipelinePolicies<unknown>): void {
  const unknown = Object.keys(policies).find(
    (name) => !Object.hasOwn(kinds, name) && !others.has(name),
  );
  if (unknown !== undefined) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `a pipeline has no slot ${JSON.stringify(unknown)}; its slots are ${Object.keys(kinds).join(", ")} and ceilings`,
    );
  }
  for (const slot of Object.keys(kinds) as (keyof typeof kinds)[]) {
    const policy: { readonly kind: PolicyKind } | null | undefined = policies[slot];
    if (policy === undefined || policy?.kind === kinds[slot]) continue;
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `the slot "${slot}" of a pipeline holds a policy of kind "${policy?.kind}"; it takes the kind "${kinds[slot]}" only`,
    );
  }
}

/**
 * Compiles the policies that are there into one function, once.
 * @throws `E_INVALID_INPUT` for a policy that is not of its slot's kind, or in no slot
 */
export function runner<Answer>(policies: PipelinePolicies<Answer>, clock: Clock): Runner<Answer> {
  checkKinds(policies);
  const { hedge, retry, rateLimit, bulkhead, breaker, timeout } = policies;
  const present = [hedge, retry, rateLimit, bulkhead, breaker, timeout].filter(
    (policy) => policy !== undefined,
  );
  const attempts = present.reduceRight<Runner>((inner, policy) => around(policy, inner), upstream);
  return bounded(policies.ceilings, clock, chained(policies.fallback, attempts));
}

function around(policy: ResiliencePolicy, inner: Runner): Runner {
  return (operation, call) => policy.execute((context) => inner(operation, context), call);
}

function chained<Answer>(
  fallback: FallbackPolicy<Answer> | undefined,
  inner: Runner,
): Runner<Answer> {
  if (!fallback) return inner;
  return (operation, call) => fallback.execute((context) => inner(operation, context), call);
}

function bounded<Answer>(
  ceilings: RequestCeilings | undefined,
  clock: Clock,
  inner: Runner<Answer>,
): Runner<Answer> {
  if (!ceilings) return inner;
  const policy = new CeilingsPolicy({ ...ceilings, clock });
  return (operation, call) => policy.execute((context) => inner(operation, context), call);
}
