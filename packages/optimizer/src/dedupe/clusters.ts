import type { JsonObject, JsonValue } from "@palimpsest/core";
import type { DeduplicationPlan } from "./deduplicate-options.ts";
import { foldText } from "./fold-text.ts";
import type { Identity } from "./identity.ts";
import type { Member } from "./merge-records.ts";
import { findNear } from "./near-texts.ts";

export interface IdentifiedMember extends Member {
  readonly identity: Identity;
}

/** Records that are one: at least one member, in the order of the input. */
export interface Cluster {
  readonly members: IdentifiedMember[];
  /** Similarity of each member's value to the first one's; 1 unless the level is `near`. */
  readonly similarities: number[];
}

/** Groups records by identity, in the order of first appearance; hashing only, so in linear time. */
export function clusterByIdentity(members: readonly IdentifiedMember[]): Cluster[] {
  const clusters = new Map<string, Cluster>();
  for (const member of members) {
    const { scope, subject, value } = member.identity;
    const key = JSON.stringify([scope, subject ?? null, value]);
    const cluster = clusters.get(key);
    if (cluster) add(cluster, member, 1);
    else clusters.set(key, { members: [member], similarities: [1] });
  }
  return [...clusters.values()];
}

/** Joins clusters of one scope and subject whose texts are near; others stay as they are. */
export function joinNear(clusters: readonly Cluster[], plan: DeduplicationPlan): Cluster[] {
  const absorbed = new Set<Cluster>();
  for (const group of groupBySubject(clusters)) {
    const texts = group.flatMap((cluster) => {
      const text = textOf(cluster, plan.identity.value);
      return text === undefined ? [] : [{ cluster, text }];
    });
    const near = findNear(
      texts.map(({ text }) => text),
      plan.threshold,
    );
    for (const [index, { leader, similarity }] of near.entries()) {
      const from = texts[index]?.cluster;
      const into = texts[leader]?.cluster;
      if (!from || !into || from === into) continue;
      for (const member of from.members) add(into, member, similarity);
      absorbed.add(from);
    }
  }
  return clusters.filter((cluster) => !absorbed.has(cluster)).map(inInputOrder);
}

/** Clusters about one subject of one scope, in the order of first appearance; two at least. */
export function groupBySubject(clusters: readonly Cluster[]): Cluster[][] {
  const groups = new Map<string, Cluster[]>();
  for (const cluster of clusters) {
    const { scope, subject } = first(cluster).identity;
    if (subject === undefined) continue;
    const key = JSON.stringify([scope, subject]);
    const group = groups.get(key);
    if (group) group.push(cluster);
    else groups.set(key, [cluster]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

export function first(cluster: Cluster): IdentifiedMember {
  const [member] = cluster.members;
  if (!member) throw new RangeError("a cluster has at least one member");
  return member;
}

function add(cluster: Cluster, member: IdentifiedMember, similarity: number): void {
  cluster.members.push(member);
  cluster.similarities.push(similarity);
}

/** The folded text of a value that is text: only that can be near. */
function textOf(cluster: Cluster, fields: readonly string[]): string | undefined {
  const values = fields.map((field) => valueOf(first(cluster).record, field));
  return values.every((value) => typeof value === "string")
    ? foldText(values.join("\n"))
    : undefined;
}

function valueOf(record: JsonObject, field: string): JsonValue | undefined {
  return Object.hasOwn(record, field) ? record[field] : undefined;
}

function inInputOrder({ members, similarities }: Cluster): Cluster {
  const pairs = members
    .map((member, index) => ({ member, similarity: similarities[index] ?? 1 }))
    .toSorted((a, b) => a.member.input - b.member.input);
  return {
    members: pairs.map(({ member }) => member),
    similarities: pairs.map(({ similarity }) => similarity),
  };
}
