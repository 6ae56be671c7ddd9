import "reflect-metadata";
import { createContainer } from "@palimpsest/container";
import { expect, it } from "vitest";
import { adoptSample } from "./sample.ts";

it("refuses a damaged report of an earlier start instead of showing it", async () => {
  await using stack = await createContainer({ store: "memory:" }, { onWarning: () => undefined });
  const { store, engine } = stack;
  await store.settings.set("reference/sample", { read: "many" });
  await expect(adoptSample({ store, engine })).rejects.toMatchObject({ code: "E_CORRUPT" });
  expect(await store.count({ allScopes: true })).toBe(0);
});
