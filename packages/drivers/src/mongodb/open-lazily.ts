import { PalimpsestError } from "@palimpsest/core";
import type { MongodbEngine } from "./mongodb-engine.ts";
import type { MongodbOptions } from "./open-mongodb.ts";

/**
 * Opens a store in MongoDB, creating its collections and indexes on first use. The client package is
 * loaded here and not before, so that this entry point can be imported without it.
 * @throws `E_CONFIG` for a missing package, a malformed address, refused credentials or collections
 * of another program, `E_UNAVAILABLE` for a server that cannot be reached, `E_UNSUPPORTED` for one that is too old
 */
export async function openMongodb(options: MongodbOptions): Promise<MongodbEngine> {
  await import("mongodb").catch((cause: unknown) => {
    const remedy = "run npm i mongodb";
    throw new PalimpsestError("E_CONFIG", `the package mongodb is not installed; ${remedy}`, {
      cause,
    });
  });
  const driver = await import("./open-mongodb.ts");
  return driver.openMongodb(options);
}
