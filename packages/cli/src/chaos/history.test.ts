import type { Revision } from "@palimpsest/core";
import { describe, expect, it } from "vitest";
import { History, type HistoryEvent, type Seen } from "./history.ts";

const key = { scope: "", id: "a" };

function revision(counter: number): Revision {
  return { epoch: 0, counter };
}

/** One write, from start to acknowledgement. */
function acknowledged(history: History, op: number, text: string | null, counter?: number): void {
  history.start(op, [{ ...key, text }]);
  history.acknowledge(op, counter === undefined ? [] : [revision(counter)]);
}

function kindsOf(history: History, seen: Partial<Seen>): string[] {
  history.checkRead({ ...key, text: null, op: null, ...seen }, history.tick(), Infinity);
  return history.problems.map(({ kind }) => kind);
}

describe("what may be read", () => {
  it("is the last acknowledged write, and nothing else", () => {
    const history = new History();
    acknowledged(history, 1, "one", 1);
    acknowledged(history, 2, "two", 2);
    expect(kindsOf(history, { text: "two", op: 2, revision: revision(2) })).toEqual([]);
    expect(kindsOf(history, { text: "one", op: 1 })).toEqual(["lost"]);
  });

  it("is nothing before anything was acknowledged, or after a deletion", () => {
    const history = new History();
    expect(kindsOf(history, {})).toEqual([]);
    acknowledged(history, 1, "one", 1);
    acknowledged(history, 2, null);
    expect(kindsOf(history, {})).toEqual([]);
    expect(kindsOf(history, { text: "one", op: 1 })).toEqual(["resurrected"]);
  });

  it("is not nothing after a write", () => {
    const history = new History();
    acknowledged(history, 1, "one", 1);
    expect(kindsOf(history, {})).toEqual(["lost"]);
  });

  it("is an unacknowledged write or the one before it", () => {
    const history = new History();
    acknowledged(history, 1, "one", 1);
    history.start(2, [{ ...key, text: "two" }]);
    expect(kindsOf(history, { text: "one", op: 1 })).toEqual([]);
    expect(kindsOf(history, { text: "two", op: 2 })).toEqual([]);
    expect(history.unacknowledged).toBe(1);
  });

  it("is an unacknowledged write even after a later acknowledged one: it may have been late", () => {
    const history = new History();
    history.start(1, [{ ...key, text: "one" }]);
    acknowledged(history, 2, "two", 2);
    expect(kindsOf(history, { text: "one", op: 1 })).toEqual([]);
  });

  it("is either of two writes at the same time", () => {
    const history = new History();
    history.start(1, [{ ...key, text: "one" }]);
    history.start(2, [{ ...key, text: "two" }]);
    history.acknowledge(2, [revision(1)]);
    history.acknowledge(1, [revision(2)]);
    expect(kindsOf(history, { text: "one", op: 1 })).toEqual([]);
    expect(kindsOf(history, { text: "two", op: 2 })).toEqual([]);
  });

  it("is never what nobody wrote, was refused, or was written elsewhere", () => {
    const history = new History();
    acknowledged(history, 1, "one", 1);
    history.start(2, [{ ...key, text: "two" }]);
    history.refuse(2);
    history.start(3, [{ scope: "", id: "b", text: "three" }]);
    history.acknowledge(3, [revision(1)]);
    expect(kindsOf(history, { text: "nine", op: 9 })).toEqual(["ghosts"]);
    expect(kindsOf(history, { text: "two", op: 2 })).toEqual(["ghosts", "ghosts"]);
    expect(kindsOf(history, { text: "three", op: 3 })).toEqual(["ghosts", "ghosts", "ghosts"]);
    expect(history.isKnown({ scope: "tenant", id: "a" })).toBe(false);
  });

  it("is a write whole", () => {
    const history = new History();
    acknowledged(history, 1, "one", 1);
    expect(kindsOf(history, { text: "other", op: 1 })).toEqual(["torn"]);
  });
});

describe("revisions", () => {
  it("grow from each write to the next", () => {
    const history = new History();
    acknowledged(history, 1, "one", 2);
    acknowledged(history, 2, "two", 1);
    expect(history.problems).toMatchObject([{ kind: "revisionsBack" }]);
  });

  it("belong to one write", () => {
    const history = new History();
    history.start(1, [{ ...key, text: "one" }]);
    history.start(2, [{ ...key, text: "two" }]);
    history.acknowledge(1, [revision(1)]);
    history.acknowledge(2, [revision(1)]);
    expect(history.problems).toMatchObject([{ kind: "duplicated" }]);
  });

  it("say the same to a reader as to the writer", () => {
    const history = new History();
    acknowledged(history, 1, "one", 1);
    history.start(2, [{ ...key, text: "two" }]);
    expect(kindsOf(history, { text: "two", op: 2, revision: revision(1) })).toEqual(["duplicated"]);
  });
});

it("is the same history in another process", () => {
  const events: HistoryEvent[] = [];
  const there = new History((event) => events.push(event));
  acknowledged(there, 1, "one", 1);
  there.start(2, [{ ...key, text: null }]);
  const here = new History();
  for (const event of JSON.parse(JSON.stringify(events)) as HistoryEvent[]) here.apply(event);
  expect([here.acknowledged, here.unacknowledged]).toEqual([1, 1]);
  expect(kindsOf(here, { text: "one", op: 1 })).toEqual([]);
  expect(here.attempts(key)).toBe(2);
});
