import type { JsonObject, JsonValue } from "@palimpsest/core";
import { checkRecords } from "../json/check-records.ts";
import { canonicalText } from "./canonical-text.ts";
import {
  type Cluster,
  clusterByIdentity,
  first,
  groupBySubject,
  type IdentifiedMember,
  joinNear,
} from "./clusters.ts";
import {
  type DeduplicateOptions,
  type DeduplicationPlan,
  planDeduplication,
} from "./deduplicate-options.ts";
import { identify } from "./identity.ts";
import { mergeRecords, type ReplacedValue } from "./merge-records.ts";

/** Where one merged record comes from. */
export interface Merge {
  /** Its position in `records`. */
  readonly output: number;
  /** Positions in the input, ascending. */
  readonly inputs: readonly number[];
  /** For each of `inputs`, how similar its value is to the first one's; 1 unless the level is `near`. */
  readonly similarities: readonly number[];
  /** The different sources of its parts. */
  readonly sources: readonly JsonValue[];
  /** What the parts said and the merged record does not show. */
  readonly replaced: readonly ReplacedValue[];
}

/** Records that say different things about one subject. They are never merged. */
export interface Contradiction {
  /** The fields that they share. */
  readonly subject: JsonObject;
  /** Positions in `records`. */
  readonly outputs: readonly number[];
}

/** A record, or a value in it, that could not be compared. It is kept. */
export interface DeduplicationProblem {
  readonly input: number;
  readonly field?: string;
  readonly reason: string;
}

export interface Deduplicated<T> {
  /** In the order of first appearance; a record without a duplicate is the caller's own object. */
  readonly records: readonly T[];
  /** For each position in the input, the position in `records`. */
  readonly indexMap: readonly number[];
  readonly merges: readonly Merge[];
  readonly contradictions: readonly Contradiction[];
  readonly problems: readonly DeduplicationProblem[];
}

/**
 * Merges records that are the same, and says of every one where it went. Takes any records: one that
 * is not JSON, or that lacks a field of the subject or the value, is like no other but its exact like.
 * A merged record has the type of its parts, except where a rule (`collect`, `union`, a function)
 * makes a list of single values.
 * @throws `E_INVALID_INPUT` for unusable options, or for anything but a list
 */
export function deduplicate<T = JsonObject>(
  records: readonly T[],
  options: DeduplicateOptions = {},
): Deduplicated<T> {
  checkRecords(records);
  const plan = planDeduplication(options);
  const { members, problems } = identifyAll(records, plan);
  const equal = clusterByIdentity(members);
  const clusters = plan.level === "near" ? joinNear(equal, plan) : equal;
  const indexMap = indexOutputs(records.length, clusters);
  const merges: Merge[] = [];
  const outputs = firstInputs(indexMap).map((input) => records[input] as T);
  for (const cluster of clusters) {
    if (cluster.members.length === 1) continue;
    const output = indexMap[first(cluster).input] ?? 0;
    const merged = mergeRecords(cluster.members, plan.rules);
    outputs[output] = merged.record as T;
    merges.push(describeMerge(cluster, output, merged.replaced));
    for (const { input, field } of merged.odd) {
      problems.push({ input, field, reason: "has a value that the rule of its field cannot rank" });
    }
  }
  const contradictions =
    plan.identity.subject.length === 0 ? [] : findContradictions(clusters, indexMap, plan);
  return { records: outputs, indexMap, merges, contradictions, problems };
}

function identifyAll(
  records: readonly unknown[],
  { identity, level }: DeduplicationPlan,
): { members: IdentifiedMember[]; problems: DeduplicationProblem[] } {
  const members: IdentifiedMember[] = [];
  const problems: DeduplicationProblem[] = [];
  for (const [input, record] of records.entries()) {
    const found = identify(record, identity, level !== "exact");
    if ("reason" in found) problems.push({ input, reason: found.reason });
    else members.push({ input, record: found.record, identity: found.identity });
  }
  return { members, problems };
}

/** Outputs are numbered by their first input; an input in no cluster is an output of its own. */
function indexOutputs(inputs: number, clusters: readonly Cluster[]): number[] {
  const leaders = Array.from({ length: inputs }, (_, input) => input);
  for (const { members } of clusters) {
    for (const { input } of members) leaders[input] = members[0]?.input ?? input;
  }
  const outputs = new Map<number, number>();
  return leaders.map((leader) => {
    const output = outputs.get(leader) ?? outputs.size;
    outputs.set(leader, output);
    return output;
  });
}

function firstInputs(indexMap: readonly number[]): number[] {
  const inputs: number[] = [];
  for (const [input, output] of indexMap.entries()) inputs[output] ??= input;
  return inputs;
}

function describeMerge(
  { members, similarities }: Cluster,
  output: number,
  replaced: readonly ReplacedValue[],
): Merge {
  const sources = new Map<string, JsonValue>();
  for (const { record } of members) {
    const source = Object.hasOwn(record, "source") ? record["source"] : undefined;
    for (const item of Array.isArray(source) ? source : [source]) {
      if (item !== undefined && item !== null) sources.set(canonicalText(item), item);
    }
  }
  return {
    output,
    inputs: members.map(({ input }) => input),
    similarities,
    sources: [...sources.values()],
    replaced,
  };
}

function findContradictions(
  clusters: readonly Cluster[],
  indexMap: readonly number[],
  { identity }: DeduplicationPlan,
): Contradiction[] {
  return groupBySubject(clusters).map((group) => {
    const members = group.map(first);
    const record = members[0]?.record ?? {};
    const names = [...identity.scope, ...identity.subject].filter((name) =>
      Object.hasOwn(record, name),
    );
    return {
      subject: Object.fromEntries(names.map((name) => [name, record[name] ?? null])),
      outputs: members.map(({ input }) => indexMap[input] ?? 0),
    };
  });
}
