import type { StoreConfig, VectorsConfig } from "./config.ts";
import { type Origin, parseDriver, type Registry } from "./parse-driver.ts";
import {
  plannedStoreDrivers,
  schemeDrivers,
  type StoreDriverName,
  storeDrivers,
} from "./store-drivers.ts";
import {
  plannedVectorDrivers,
  schemeVectorDrivers,
  type VectorDriverName,
  vectorDrivers,
} from "./vector-drivers.ts";

const stores: Registry<StoreDriverName> = {
  kind: "store",
  drivers: storeDrivers,
  schemes: schemeDrivers,
  planned: plannedStoreDrivers,
  misplaced: {
    chroma: "keeps vectors only; name it as vectors (PALIMPSEST_VECTORS, --vectors) beside a store",
  },
  use: "use sqlite:<file> or memory:",
};

const vectorEngines: Registry<VectorDriverName> = {
  kind: "vector",
  drivers: vectorDrivers,
  schemes: schemeVectorDrivers,
  planned: plannedVectorDrivers,
  misplaced: {
    mongodb: "keeps no vectors; name it as the store, and another engine as vectors",
    "mongodb+srv": "keeps no vectors; name it as the store, and another engine as vectors",
  },
  use: "use chroma:http://<host>:8000, or leave the setting out to keep vectors in the store",
};

/** @throws as `parseDriver` */
export function parseStore(input: unknown, origin: Origin): StoreConfig {
  const { driver, options } = parseDriver(stores, input, origin);
  // The schema of this very driver was applied; TypeScript cannot follow the name to it.
  return { driver, ...options } as StoreConfig;
}

/** @throws as `parseDriver` */
export function parseVectors(input: unknown, origin: Origin): VectorsConfig {
  const { driver, options } = parseDriver(vectorEngines, input, origin);
  // As above.
  return { driver, ...options } as VectorsConfig;
}
