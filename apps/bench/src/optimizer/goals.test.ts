import { expect, it } from "vitest";
import { goalsOf, type Results } from "./goals.ts";

const figures = { bytes: 1, roundTrips: true, msPerRecord: 1 };
const results: Results = {
  kind: "facts",
  formats: {
    readable: { ...figures, tokens: 52, reduction: -0.48 },
    dense: { ...figures, tokens: 40, reduction: -0.6 },
    toon: { ...figures, tokens: 80, reduction: -0.2 },
  },
  tenRecords: { readable: { ...figures, tokens: 6, reduction: -0.4 } },
  autoBySet: { facts: 0.01 },
  roundTripFailures: 1,
  vsJson: 0.1,
  vsToon: 1.9,
};

function held(given: Results): Record<string, boolean> {
  return Object.fromEntries(goalsOf(given).map(({ id, holds }) => [id, holds]));
}

it("holds what meets its bound and fails the rest", () => {
  expect(held(results)).toEqual({
    readableReduction: true,
    denseReduction: false,
    tenRecordsReduction: true,
    "auto:facts": false,
    roundTripFailures: false,
    packUnpackVsJson: true,
    packUnpackVsToon: false,
  });
});

it("compares with TOON where that is a goal, and wants nothing but no growth of other data", () => {
  expect(held({ ...results, kind: "tabular" })).toMatchObject({ denseVsToon: true });
  expect(held({ ...results, kind: "other" })).toMatchObject({
    readableReduction: true,
    denseReduction: true,
  });
  expect(held({ ...results, kind: "other" })).not.toHaveProperty("tenRecordsReduction");
});

it("fails a goal whose figure is missing its format", () => {
  const { dense: _dense, ...formats } = results.formats;
  expect(held({ ...results, kind: "tabular", formats })).toMatchObject({ denseVsToon: false });
});
