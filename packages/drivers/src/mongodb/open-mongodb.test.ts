import { createServer } from "node:net";
import { once } from "node:events";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { type MongodbOptions, openMongodb } from "./open-mongodb.ts";

const secret = "pa:ss@word";

async function failure(options: object): Promise<unknown> {
  return openMongodb(options as MongodbOptions).then(
    () => expect.unreachable("it must not open"),
    (error: unknown) => error,
  );
}

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("openMongodb", () => {
  test("names a server that cannot be reached, without the password", async () => {
    const port = await closedPort();
    const url = `mongodb://user:${encodeURIComponent(secret)}@127.0.0.1:${port}/db?authSource=x`;
    const error = await failure({ url, connectTimeout: 100 });
    expect(error).toMatchObject({
      code: "E_UNAVAILABLE",
      message: expect.stringContaining(`127.0.0.1:${port}/db`),
    });
    for (const form of [secret, encodeURIComponent(secret), "word"]) {
      expect(inspect(error, { depth: 9 })).not.toContain(form);
    }
  });

  test.each([
    ["mongodb://127.0.0.1:1", "/palimpsest "],
    ["mongodb://127.0.0.1:1/?w=1", "/palimpsest "],
    ["mongodb://127.0.0.1:1/test", "/test "],
    ["mongodb://127.0.0.1:1/test?w=1", "/test "],
    ["mongodb://127.0.0.1:1,127.0.0.1:2/app", "127.0.0.1:1,127.0.0.1:2/app "],
  ])("takes the database of %s", async (url, named) => {
    const { message } = (await failure({ url, connectTimeout: 50 })) as Error;
    expect(message).toContain(named);
  });

  test.each([
    `mongo://u:${secret}@h/d`,
    `mongodb://u:${secret}@h/d`,
    "mongodb://",
    `mongodb://u:x@h/d?password=${secret}&nonsense=1`,
    "",
  ])("refuses the address %s, repeating none of it", async (url) => {
    const error = await failure({ url });
    expect(error).toMatchObject({ code: "E_CONFIG" });
    expect(inspect(error, { depth: 9 })).not.toMatch(/pa:ss|nonsense/);
  });

  test.each([
    [{}, /pass `url`/],
    [{ url: "mongodb://h", database: "a/b" }, /database must be/],
    [{ url: "mongodb://h", database: "" }, /database must be/],
    [{ url: "mongodb://h", collection: "$a" }, /collection must be/],
    [{ url: "mongodb://h", collection: "a\0" }, /collection must be/],
    [{ url: "mongodb://h", collection: "x".repeat(101) }, /collection must be/],
    [{ url: "mongodb://h", database: "a.b" }, /database must be/],
    [{ url: "mongodb://h/x.y" }, /database must be/],
    [{ url: "mongodb://h", responseTimeout: -1 }, /responseTimeout must be/],
    [{ url: "mongodb://h", timeout: 0 }, /timeout must be/],
    [{ url: "mongodb://h", lockTtl: 0.5 }, /lockTtl must be/],
    [{ url: "mongodb://h", connectTimeout: Number.NaN }, /connectTimeout must be/],
  ])("refuses %j", async (options, message) => {
    expect(await failure(options)).toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(message),
    });
  });
});
