/** The contracts whose calls can be disturbed. */
export type FaultTarget = "documents" | "outbox" | "settings" | "vectors" | "lexical" | "embedder";

export const faultKinds = [
  /** Fails without having done anything. */
  "fail-before",
  /** Takes effect, then reports a failure. */
  "fail-after",
  /** Gives no answer until its deadline or the caller's abort. */
  "hang",
  /** Waits, then works. */
  "slow",
  /** Does the first part of a batch, then fails; an embedder answers with too few vectors. */
  "partial",
  /** Breaks the connection: this call and every one still waiting on the target fail. */
  "reset",
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** What the engine did in spite of the fault. `later`: after the caller was told of a failure. */
export type FaultEffect = "none" | "part" | "whole" | "later";

/** One call through an injector. */
export interface FaultCall {
  /** Counts all calls through the injector, from 1. */
  readonly number: number;
  readonly target: FaultTarget;
  readonly method: string;
}

/** One injected fault; what a failing schedule prints. */
export interface FaultRecord extends FaultCall {
  readonly kind: FaultKind | "outage";
  readonly effect: FaultEffect;
}
