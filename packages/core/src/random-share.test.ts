import { afterEach, expect, test, vi } from "vitest";
import { randomShare } from "./random-share.ts";

const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});

afterEach(() => {
  warn.mockClear();
});

test.each([0, 0.3, 1])("%d is taken as it is", (share) => {
  expect(randomShare(() => share)).toBe(share);
  expect(warn).not.toHaveBeenCalled();
});

test.each([Number.NaN, -0.1, 1.1, Infinity, "0.3", undefined, {}])(
  "%o is a warning, and the middle counts",
  (wrong) => {
    expect(randomShare(() => wrong as number)).toBe(0.5);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: expect.stringContaining("random gave") }),
    );
  },
);

test("one that throws is a warning with its error", () => {
  const own = new Error("no entropy");
  const broken = (): number => {
    throw own;
  };
  expect(randomShare(broken)).toBe(0.5);
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ cause: own }));
});
