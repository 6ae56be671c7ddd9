import { expect, test } from "vitest";
import { toPalimpsestError } from "./postgres-errors.ts";

const label = "postgres://h:5432/db";

function serverError(code: string): Error {
  const data = {
    detail: "Key (text)=(private)",
    where: "private",
    query: "q",
    params: ["private"],
  };
  return Object.assign(new Error("failed"), { severity: "ERROR", code, ...data });
}

function networkError(code: string): Error {
  return Object.assign(new Error("connect failed"), { code });
}

test.each([
  ["08006", "E_UNAVAILABLE"],
  ["57P01", "E_UNAVAILABLE"],
  ["57014", "E_UNAVAILABLE"],
  ["28P01", "E_UNAVAILABLE"],
  ["53300", "E_UNAVAILABLE"],
  ["53100", "E_FULL"],
  ["25006", "E_READ_ONLY"],
  ["42501", "E_READ_ONLY"],
  ["55P03", "E_LOCKED"],
  ["40001", "E_LOCKED"],
  ["3D000", "E_NOT_FOUND"],
  ["42P01", "E_NOT_FOUND"],
  ["58P01", "E_UNSUPPORTED"],
  ["XX001", "E_CORRUPT"],
  ["PM001", "E_FENCED"],
  ["PM002", "E_REVISION_COLLISION"],
])("SQLSTATE %s becomes %s, without the rows it quotes", (state, code) => {
  const mapped = toPalimpsestError(serverError(state), label) as Error;
  expect(mapped).toMatchObject({ code });
  expect(JSON.stringify({ ...(mapped.cause as object) })).not.toContain("private");
});

test.each(["ECONNREFUSED", "ENOTFOUND", "ETIMEDOUT", "ECONNRESET", "DEPTH_ZERO_SELF_SIGNED_CERT"])(
  "%s names the server that cannot be reached",
  (code) => {
    const mapped = toPalimpsestError(networkError(code), label);
    expect(mapped).toMatchObject({
      code: "E_UNAVAILABLE",
      message: expect.stringContaining(label),
    });
  },
);

test("other errors pass as they are", () => {
  const bug = new TypeError("x is not a function");
  expect(toPalimpsestError(bug, label)).toBe(bug);
  expect(toPalimpsestError(serverError("22P02"), label)).toMatchObject({ code: "22P02" });
});
