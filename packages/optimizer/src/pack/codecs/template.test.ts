import { expect, test } from "vitest";
import { innerFormat, rowFormat, throughCodec } from "../fixtures/cell-format.ts";
import { readTemplate, template } from "./template.ts";

test("a cell holds what stands at the sign", () => {
  const codec = template({ prefix: "sess_", suffix: ".log", width: 0 }, rowFormat);
  expect(codec.spec).toBe("sess_*.log");
  expect(throughCodec(codec, "sess_100d.log")).toBe("100d");
  expect(throughCodec(codec, "sess_a\tb.log")).toBe("a\\tb");
  for (const other of ["sess_.log", "sess_a.txt", "Sess_a.log", "sess_~.log", "sess_=.log", 7]) {
    expect(codec.write(other, undefined)).toBeUndefined();
  }
});

test("numbers lose their zeros and get them back", () => {
  const codec = template({ prefix: "fact_", suffix: "", width: 5 }, rowFormat);
  expect(codec.spec).toBe("fact_#####");
  expect(throughCodec(codec, "fact_00237")).toBe("237");
  expect(throughCodec(codec, "fact_00000")).toBe("0");
  expect(throughCodec(codec, "fact_123456")).toBe("123456");
  for (const other of [
    "fact_237",
    "fact_0123456",
    "fact_0002a",
    "fact_",
    "fact_1234567890123456",
  ]) {
    expect(codec.write(other, undefined)).toBeUndefined();
  }
  for (const cell of ["0237", "-1", "a", "1.5"]) {
    expect(() => codec.read(cell, undefined)).toThrow("without leading zeros");
  }
});

test("prefix and suffix never overlap", () => {
  const codec = template({ prefix: "aa", suffix: "aa", width: 0 }, rowFormat);
  expect(codec.write("aaa", undefined)).toBeUndefined();
  expect(codec.write("aaaa", undefined)).toBeUndefined();
  expect(throughCodec(codec, "aaaaa")).toBe("a");
});

test("inside a cell, a part with the cell's separators does not fit", () => {
  const codec = template({ prefix: "p_", suffix: "", width: 0 }, innerFormat);
  expect(codec.write("p_a,b", undefined)).toBeUndefined();
});

test("reads what it states", () => {
  expect(readTemplate("a_*.b")).toEqual({ prefix: "a_", suffix: ".b", width: 0 });
  expect(readTemplate("a_###")).toEqual({ prefix: "a_", suffix: "", width: 3 });
  for (const spec of ["a", "a#", "a**", "a*#", "##a##", `${"a".repeat(200)}*`]) {
    expect(readTemplate(spec)).toBeUndefined();
  }
});
