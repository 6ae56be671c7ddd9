import { describe, expect, it } from "vitest";
import { OpenedParts } from "./opened-parts.ts";

describe("OpenedParts", () => {
  it("closes the rest although one fails, then throws what failed", async () => {
    const parts = new OpenedParts();
    const closed: number[] = [];
    parts.add(async () => void closed.push(1));
    parts.add(() => Promise.reject(new Error("two")));
    parts.add(async () => void closed.push(3));
    await expect(parts.close()).rejects.toThrow("two");
    expect(closed).toEqual([3, 1]);
  });

  it("reports every failure", async () => {
    const parts = new OpenedParts();
    parts.add(() => Promise.reject(new Error("one")));
    parts.add(() => Promise.reject(new Error("two")));
    await expect(parts.close()).rejects.toThrow(AggregateError);
  });
});
