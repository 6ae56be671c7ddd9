import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readLocomo } from "./locomo.ts";

function ask(category: number, evidence: readonly string[]): object {
  return { question: "who?", category, evidence };
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "locomo-"));
});

afterAll(() => rm(folder, { recursive: true }));

describe("readLocomo", () => {
  it("reads turns and repairs joined and misspelled evidence ids", async () => {
    const path = join(folder, "one.json");
    const conversation = {
      speaker_a: "Ann",
      session_1_date_time: "today",
      session_1: [
        { speaker: "Ann", dia_id: "D1:1", text: "Hi", blip_caption: "a cat" },
        { speaker: "Bob", dia_id: "D1:2", text: "Hello" },
      ],
      session_2: [{ speaker: "Ann", dia_id: "D2:1", text: "Bye" }],
    };
    const qa = [
      ask(1, ["D1:1; D2:1"]),
      ask(4, ["D:1:2", "D1:2"]),
      ask(5, ["D1:1"]),
      ask(2, ["D9:9"]),
    ];
    await writeFile(path, JSON.stringify([{ qa, conversation }]));
    expect(await readLocomo(path)).toEqual([
      {
        documents: ["Ann: Hi a cat", "Bob: Hello", "Ann: Bye"],
        questions: [
          { text: "who?", kind: "multi-hop", relevant: [0, 2] },
          { text: "who?", kind: "single-hop", relevant: [1] },
        ],
      },
    ]);
  });
});
