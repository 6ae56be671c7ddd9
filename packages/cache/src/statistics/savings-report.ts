import { PalimpsestError } from "@palimpsest/core";
import { counted } from "../counted.ts";
import { combineCounters, emptyCounters, type StatisticsSnapshot } from "./counters.ts";
import { type ClassSummary, summarise, totalOf } from "./summary.ts";

/** What a cache did between two moments. */
export interface SavingsReport {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly total: ClassSummary;
  readonly classes: Readonly<Record<string, ClassSummary>>;
  /** The same for people, in lines. */
  readonly text: string;
}

const day = 24 * 60 * 60 * 1000;

/**
 * The difference of two snapshots, such as this week's and last week's: nothing is estimated by a price or a
 * duration that was not measured.
 * @throws `E_INVALID_INPUT` when the second is older, or counted less than the first
 */
export function reportSavings(
  before: StatisticsSnapshot,
  after: StatisticsSnapshot,
): SavingsReport {
  const period = difference(before, after);
  const total = summarise(totalOf(period));
  const classes = Object.fromEntries(
    Object.entries(period.classes).map(([name, counters]) => [name, summarise(counters)]),
  );
  const report = { from: before.at, to: after.at, total, classes };
  return { ...report, text: describe(report) };
}

function difference(before: StatisticsSnapshot, after: StatisticsSnapshot): StatisticsSnapshot {
  if (after.at < before.at) throw refused("the second snapshot is older than the first");
  const classes = Object.entries(after.classes).map(([name, counters]) => {
    const known = Object.hasOwn(before.classes, name) ? before.classes[name] : undefined;
    return [name, combineCounters(counters, known ?? emptyCounters(), -1)] as const;
  });
  const shrunk = classes.find(([, { hits, fills }]) => hits < 0 || fills < 0);
  const lost = Object.keys(before.classes).find((name) => !Object.hasOwn(after.classes, name));
  const name = shrunk?.[0] ?? lost;
  if (name !== undefined) {
    throw refused(`class ${JSON.stringify(name)} counted less in the second snapshot`);
  }
  return { at: after.at, classes: Object.fromEntries(classes) };
}

function refused(problem: string): PalimpsestError {
  return new PalimpsestError(
    "E_INVALID_INPUT",
    `${problem}; give two snapshots of one source, the earlier one first`,
  );
}

function describe({ from, to, total, classes }: Omit<SavingsReport, "text">): string {
  const days = Math.round(((to - from) / day) * 10) / 10;
  const lines = Object.entries(classes)
    .toSorted(([, a], [, b]) => b.callsSaved - a.callsSaved)
    .map(([name, summary]) => `  ${name}: ${line(summary)}`);
  return [
    `cache report, ${dateOf(from)} to ${dateOf(to)} (${counted(days, "day")})`,
    `${total.callsSaved} of ${total.requests} calls saved (${percent(total.hitRate)}), ${total.errors} failed`,
    `saved ${money(total.netSaved)} (${money(total.costSaved)} less ${money(total.costSpent)} spent on it), ${total.tokensSaved} tokens, ${hours(total.timeSaved)} of waiting`,
    `a call took ${duration(total.fillLatency.p50)} (p95 ${duration(total.fillLatency.p95)}), a hit ${duration(total.hitLatency.p50)} (p95 ${duration(total.hitLatency.p95)})`,
    ...lines,
  ].join("\n");
}

function line({
  requests,
  hitRate,
  callsSaved,
  netSaved,
  errors,
  staleHits,
}: ClassSummary): string {
  return `${callsSaved} of ${requests} saved (${percent(hitRate)}), ${staleHits} stale, ${errors} failed, ${money(netSaved)}`;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const money = (amount: number): string => amount.toFixed(2);
const hours = (milliseconds: number): string => `${(milliseconds / 3_600_000).toFixed(1)} h`;
const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

function duration(milliseconds: number | null): string {
  return milliseconds === null ? "unknown" : `≤ ${milliseconds} ms`;
}
