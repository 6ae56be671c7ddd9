import { expect, it } from "vitest";
import { shape } from "./datasets.ts";

it("takes facts as they are", () => {
  const facts = [{ id: "f", category: "food", key: "tea", value: "green" }];
  expect(shape(facts)).toEqual({
    kind: "facts",
    sets: [{ name: "facts", value: facts, isTabular: true }],
  });
});

it("makes turns of LoCoMo conversations, a caption only where there is one", () => {
  const conversation = {
    speaker_a: "Ana",
    session_2_date_time: "1:56 pm on 8 May, 2023",
    session_2: [
      { speaker: "Ana", dia_id: "D2:1", text: "hi", img_url: ["x"], blip_caption: "a cat" },
      { speaker: "Bo", dia_id: "D2:2", text: "hello" },
    ],
  };
  expect(shape([{ conversation, sample_id: "c1", qa: [] }])).toEqual({
    kind: "locomo",
    sets: [
      {
        name: "c1",
        isTabular: true,
        value: [
          {
            session: 2,
            date_time: "1:56 pm on 8 May, 2023",
            dia_id: "D2:1",
            speaker: "Ana",
            text: "hi",
            blip_caption: "a cat",
          },
          {
            session: 2,
            date_time: "1:56 pm on 8 May, 2023",
            dia_id: "D2:2",
            speaker: "Bo",
            text: "hello",
          },
        ],
      },
    ],
  });
});

it("takes the inner list of a tabular set, rows of a keyed one, and a document as it is", () => {
  const config = { host: "h", database: { port: 1 } };
  const { kind, sets } = shape([
    { name: "list", data: { employees: [{ id: 1 }] } },
    { name: "keyed", data: { flags: { f0: { on: true }, f1: { on: false } } } },
    { name: "config", data: config },
  ]);
  expect(kind).toBe("tabular");
  expect(sets).toEqual([
    { name: "list", value: [{ id: 1 }], isTabular: true },
    {
      name: "keyed",
      value: [
        { key: "f0", on: true },
        { key: "f1", on: false },
      ],
      isTabular: true,
    },
    { name: "config", value: config, isTabular: false },
  ]);
});

it("measures anything else as it is", () => {
  expect(shape([1, 2]).sets).toEqual([{ name: "all", value: [1, 2], isTabular: true }]);
  expect(shape({ a: 1 }).sets).toEqual([{ name: "all", value: { a: 1 }, isTabular: false }]);
  expect(shape([{ a: 1 }])).toMatchObject({ kind: "other", sets: [{ isTabular: true }] });
});
