import { describe, expect, it } from "vitest";
import { refer } from "./refer.ts";
import { mentionedHandles, resolve } from "./resolve.ts";

const notes = [
  { id: "note/1", text: "Ana drinks green tea daily" },
  { id: "note/2", text: "two\nlines" },
  { id: "note/3", text: "Bo climbs" },
];
const options = {
  id: (note: { id: string }) => note.id,
  show: (note: { text: string }) => note.text,
};
const words = { family: "words", count: (text: string) => text.split(/\s+/).length };
const source = { get: async (id: string) => notes.find((note) => note.id === id) };

describe("refer", () => {
  it("shows one line per record, and keeps where each is", () => {
    expect(refer(notes, options)).toEqual({
      text: "r1 Ana drinks green tea daily\nr2 two⏎lines\nr3 Bo climbs",
      handles: { r1: "note/1", r2: "note/2", r3: "note/3" },
      omitted: [],
    });
  });

  it("leaves out what a budget does not hold; the handles stay those of the order given", () => {
    const referral = refer(notes, { ...options, prefix: "m", budget: 5, counter: words });
    expect(referral).toEqual({
      text: "m2 two⏎lines\nm3 Bo climbs",
      tokens: 5,
      handles: { m2: "note/2", m3: "note/3" },
      omitted: [0],
    });
  });

  it.each([
    ["a prefix that is no word", { prefix: "r-" }],
    ["an empty prefix", { prefix: "" }],
    ["a budget without a counter", { budget: 5 }],
    ["half a token", { budget: 0.5, counter: words }],
  ])("refuses %s", (_, bad) => {
    expect(() => refer(notes, { ...options, ...bad })).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  });
});

describe("resolve", () => {
  const { handles } = refer(notes, options);

  it("fetches what an answer mentions, and tells apart what is gone and what was made up", async () => {
    const answer = "By r3 and r1 (see r3); r9, constructor and xr1 are not handles.";
    expect(mentionedHandles(answer, handles)).toEqual(["r3", "r1"]);
    const known = { ...handles, r7: "note/deleted" };
    expect(
      await resolve(["r3", "r1", "r3", "r7", "r9", "constructor"], { handles: known, source }),
    ).toEqual({
      found: [
        { handle: "r3", id: "note/3", record: notes[2] },
        { handle: "r1", id: "note/1", record: notes[0] },
      ],
      gone: ["r7"],
      unknown: ["r9", "constructor"],
    });
  });

  it("survives being kept as JSON", async () => {
    const kept = JSON.parse(JSON.stringify(handles)) as typeof handles;
    expect((await resolve(["r2"], { handles: kept, source })).found[0]?.record).toBe(notes[1]);
  });

  it("passes on the signal and what the source throws", async () => {
    const aborted = { handles, source, signal: AbortSignal.abort() };
    await expect(resolve(["r1"], aborted)).rejects.toMatchObject({ code: "E_ABORTED" });
    const broken = { get: () => Promise.reject(new Error("down")) };
    await expect(resolve(["r1"], { handles, source: broken })).rejects.toThrow("down");
  });
});
