import { expect, test } from "vitest";
import { convert, rowContext, rowOf, sdkFact as fact } from "../fixtures/v1-row.ts";
import { rowToDocument } from "./row-document.ts";

test("values and names of other SQLite types", () => {
  const { document } = convert("facts", {
    ...fact,
    user_id: 7n,
    value: new Uint8Array([1, 2]),
    confidence: Number.POSITIVE_INFINITY,
  });
  expect(document.metadata).toMatchObject({
    user: "7",
    value: { $base64: "AQI=" },
    confidence: "Infinity",
    losses: ["binary-value", "column-type-changed", "non-finite-number"],
  });
  const big = convert("facts", { ...fact, value: 9007199254740993n }).document;
  expect(big.metadata["value"]).toBe("9007199254740993");
  expect(big.text).toBe("ana preferences favourite sport: 9007199254740993");
  expect(convert("facts", { ...fact, value: null }).document.metadata["value"]).toBeNull();
});

test("a column of one's own that names a secret", () => {
  const { document, redacted } = convert("facts", { ...fact, provider_token: "hidden", pin: null });
  expect(document.metadata).toMatchObject({ provider_token: "***redacted***", pin: null });
  expect(redacted).toBe(true);
});

test("a row without a readable time is dated 0 and says so", () => {
  const { document, reasons } = convert("facts", { ...fact, created_at: null, updated_at: "soon" });
  expect(document.timestamp).toBe(0);
  expect(document.metadata).toMatchObject({ updated_at: "soon", times: {} });
  expect(reasons).toContain("unreadable-time");
});

test.each([
  [{ user_id: null }, "user_id is NULL where v1 never leaves it NULL"],
  [{ key: null, category: null }, "category, key is NULL where v1 never leaves it NULL"],
  [{ key: new Uint8Array([1]) }, "key holds bytes where v1 writes text"],
])("refuses a row with %j", (change, refused) => {
  expect(rowToDocument(rowOf("facts", { ...fact, ...change }), rowContext)).toEqual({ refused });
});

test("refuses a row whose text cannot be decoded", () => {
  const row = { ...rowOf("facts", fact), undecodable: ["value"] };
  expect(rowToDocument(row, rowContext)).toEqual({
    refused: "text of value is not validly encoded",
  });
});
