export { checkBackend } from "./check-backend.ts";
export {
  type ConfigInput,
  type Consistency,
  defaultStore,
  type EmbedderConfig,
  type PalimpsestConfig,
  type StoreConfig,
  type VectorsConfig,
} from "./config.ts";
export { type ContainerOptions, createContainer, type Palimpsest } from "./create-container.ts";
export type { DriverEntry, OpenServices } from "./driver-entry.ts";
export {
  type EmbedderDriverName,
  embedderDrivers,
  type EmbedderOptions,
} from "./embedder-drivers.ts";
export { loadConfig, type LoadConfigOptions } from "./load-config.ts";
export { openEmbedder } from "./open-embedder.ts";
export { type StoreDriverName, storeDrivers, type StoreOptions } from "./store-drivers.ts";
export { configToken, storageEngineToken, vectorEngineToken } from "./tokens.ts";
export { type VectorDriverName, vectorDrivers, type VectorsOptions } from "./vector-drivers.ts";
