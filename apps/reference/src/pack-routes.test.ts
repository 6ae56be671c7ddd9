import { OpenAPIHono } from "@hono/zod-openapi";
import { loadCounter } from "@palimpsest/optimizer";
import { expect, describe, it } from "vitest";
import { toHttpError } from "./http-errors.ts";
import { packRoutes } from "./routes/pack.ts";

const counter = await loadCounter("o200k_base");
const app = new OpenAPIHono();
app.onError((error, c) => {
  const { status, body } = toHttpError(error);
  return c.json(body, status);
});
app.route("/", packRoutes(counter));

/** `body` is text, because what matters is how numbers are written. */
async function post(path: string, body: string): Promise<{ status: number; text: string }> {
  const headers = { "content-type": "application/json" };
  const response = await app.request(path, { method: "POST", headers, body });
  return { status: response.status, text: await response.text() };
}

async function postJson(path: string, body: unknown): Promise<unknown> {
  const { status, text } = await post(path, JSON.stringify(body));
  expect(status).toBe(200);
  return JSON.parse(text);
}

const rows = Array.from({ length: 20 }, (_, i) => ({ id: `row_${i}`, name: "Ana", at: i }));

describe("POST /pack and /unpack", () => {
  it.each(["readable", "dense", "minified", "auto"])(
    "gives the value back: %s",
    async (profile) => {
      const packed = (await postJson("/pack", { value: rows, profile })) as Record<string, unknown>;
      expect(packed["tokens"]).toBe(counter.count(String(packed["text"])));
      expect(packed["minifiedTokens"]).toBe(counter.count(JSON.stringify(rows)));
      expect(await postJson("/unpack", { text: packed["text"] })).toEqual({ value: rows });
    },
  );

  it("keeps numbers as they are written, and keys in their order", async () => {
    const value =
      '[{"z":1.0,"a":12345678901234567890,"__proto__":-0},{"z":1e21,"a":2,"__proto__":3}]';
    const packed = await post("/pack", `{"profile":"dense","value":${value}}`);
    const { text } = JSON.parse(packed.text) as { text: string };
    const unpacked = await post("/unpack", JSON.stringify({ text }));
    expect(unpacked).toEqual({ status: 200, text: `{"value":${value}}` });
  });

  it("counts the legend", async () => {
    const plain = (await postJson("/pack", { value: rows })) as { tokens: number };
    const explained = (await postJson("/pack", { value: rows, legend: true })) as typeof plain;
    expect(explained.tokens).toBeGreaterThan(plain.tokens);
  });

  it("says where a text is damaged", async () => {
    const { text } = (await postJson("/pack", { value: rows })) as { text: string };
    const cut = text.split("\n").slice(0, -2).join("\n");
    const { status, text: answer } = await post("/unpack", JSON.stringify({ text: cut }));
    expect(status).toBe(400);
    expect(JSON.parse(answer)).toEqual({
      error: {
        code: "E_INVALID_INPUT",
        message: expect.stringMatching(/line/),
        position: { line: expect.any(Number), column: expect.any(Number) },
      },
    });
  });

  it("answers any nesting, or says that this engine cannot write it", async () => {
    const text = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const { status } = await post("/unpack", JSON.stringify({ text }));
    expect([200, 400]).toContain(status);
  });
});

describe("POST /tokens", () => {
  it("counts each form, exactly by the server's vocabulary unless asked otherwise", async () => {
    const { family, steps } = (await postJson("/tokens", { value: rows })) as {
      family: string;
      steps: { name: string; tokens: number; change: number }[];
    };
    expect(family).toBe("o200k_base");
    expect(steps[1]).toEqual({
      name: "minified",
      tokens: counter.count(JSON.stringify(rows)),
      change: 0,
    });
    const estimated = { value: rows, family: "claude" };
    expect(await postJson("/tokens", estimated)).toMatchObject({ family: "claude" });
    const other = { value: rows, family: "cl100k_base" };
    expect(await postJson("/tokens", other)).toMatchObject({ family: "cl100k_base" });
  });

  it("counts each field", async () => {
    const answer = await postJson("/tokens", { value: rows, byField: true });
    expect(answer).toMatchObject({
      fields: [
        { field: "id", records: 20, keyTokens: expect.any(Number), saved: expect.any(Number) },
        {},
        {},
      ],
    });
  });

  it("measures fields on a thousand records of many, and says so", async () => {
    const many = Array.from({ length: 1500 }, (_, id) => ({ id }));
    const answer = await postJson("/tokens", { value: many, byField: true });
    expect(answer).toMatchObject({
      records: 1500,
      measured: 1000,
      fields: [{ field: "id", records: 1000 }],
    });
  });
});

describe("what they refuse", () => {
  it.each([
    ["/pack", "{}"],
    ["/pack", '{"value":1,"profil":"dense"}'],
    ["/pack", '{"value":1,"profile":"tiny"}'],
    ["/pack", '{"value":1,"repeatHeader":0}'],
    ["/pack", '{"value":'],
    ["/unpack", "{}"],
    ["/unpack", '{"text":1}'],
    ["/unpack", '{"text":"{"}'],
    ["/tokens", "{}"],
    ["/tokens", '{"value":1,"family":"gpt-1"}'],
    ["/tokens", '{"value":{"a":1},"byField":true}'],
  ])("%s %s", async (path, body) => {
    const { status, text } = await post(path, body);
    expect({ status, text }).toEqual({ status: 400, text: expect.stringContaining("message") });
  });
});
