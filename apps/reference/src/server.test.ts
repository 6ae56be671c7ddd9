import { expect, it } from "vitest";
import { listen } from "./server.ts";

const answer = () => new Response("here");

it("serves on a free port and stops", async () => {
  const server = await listen(answer, { host: "127.0.0.1", port: 0 });
  expect(await (await fetch(server.url)).text()).toBe("here");
  await server.stop();
  await expect(fetch(server.url)).rejects.toThrow("fetch failed");
});

it("blames HOST, not the port, for an address of another machine", async () => {
  // An address of the documentation range, which no machine has.
  await expect(listen(answer, { host: "203.0.113.1", port: 0 })).rejects.toMatchObject({
    code: "E_UNAVAILABLE",
    message: expect.stringMatching(/203\.0\.113\.1.*set HOST/),
  });
});
