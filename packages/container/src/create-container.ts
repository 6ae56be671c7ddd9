import {
  type Embedder,
  type KeyValueStore,
  PalimpsestError,
  type StorageEngine,
  type Token,
  tokens,
  type VectorEngine,
  type VectorIndex,
} from "@palimpsest/core";
import {
  type ReembedOptions,
  type ReembedReport,
  SemanticStore,
  type SemanticStoreOptions,
} from "@palimpsest/store";
import { semanticStoreToken } from "@palimpsest/store/di";
import type { DependencyContainer, InjectionToken } from "tsyringe";
import { checkBackend } from "./check-backend.ts";
import type {
  ConfigInput,
  EmbedderConfig,
  PalimpsestConfig,
  StoreConfig,
  VectorsConfig,
} from "./config.ts";
import type { DriverEntry, OpenServices } from "./driver-entry.ts";
import { openEmbedder } from "./open-embedder.ts";
import { OpenedParts } from "./opened-parts.ts";
import { parseConfig } from "./parse-config.ts";
import { checkEmbedder, readEmbedder } from "./parse-embedder.ts";
import { storeDrivers } from "./store-drivers.ts";
import { configToken, storageEngineToken, vectorEngineToken } from "./tokens.ts";
import { orUnreachable, unreachableEngine, unreachableIndex } from "./unreachable-vectors.ts";
import { vectorDrivers } from "./vector-drivers.ts";
import { withoutSecrets } from "./without-secrets.ts";

export interface ContainerOptions {
  /** Parent of the new container. @defaultValue tsyringe's own root */
  readonly container?: DependencyContainer;
  /**
   * Called before anything is opened. What it registers under `tokens.*`, `storageEngineToken`,
   * `vectorEngineToken` or `semanticStoreToken` is used instead of ours, and is not closed by us.
   */
  readonly register?: (container: DependencyContainer) => void | Promise<void>;
  /** @defaultValue `process.emitWarning` */
  readonly onWarning?: (message: string) => void;
  /** Options of the index worker; `false` runs none, for a process that only reads. */
  readonly worker?: NonNullable<SemanticStoreOptions["worker"]>;
  /**
   * Opens although the vector engine cannot be reached; whatever needs it fails until the container is
   * opened again. For a process that reports what is there. @defaultValue false
   */
  readonly vectorsMayBeDown?: boolean;
  /** Where relative paths in the configuration start. @defaultValue the working folder */
  readonly baseDir?: string;
}

/** A running stack. Disposing it closes the store, the indexes and the engine, in that order. */
export interface Palimpsest extends AsyncDisposable {
  readonly container: DependencyContainer;
  readonly engine: StorageEngine;
  /** Keeps the vectors: `engine`, unless the configuration names another. */
  readonly vectorEngine: VectorEngine;
  readonly embedder: Embedder;
  readonly store: SemanticStore;
  /** As opened, without secrets. */
  readonly config: PalimpsestConfig;
  /**
   * Re-embeds the store with another embedder, see `SemanticStore.reembed`; fields left out are those
   * that the store recorded. Afterwards `store` uses it; reopen for a container that resolves it.
   */
  reembed(
    embedder: string | EmbedderConfig | Embedder,
    options?: Omit<ReembedOptions, "embedder" | "engine">,
  ): Promise<ReembedReport>;
  resolve<T>(token: InjectionToken<T>): T;
  /** A child container, e.g. one per request: what it registers stays its own. */
  createScope(): DependencyContainer;
}

/**
 * Opens everything a configuration names and registers it by token. Reads neither files nor the
 * environment; `loadConfig` does.
 * @throws `E_CONFIG`, `E_UNSUPPORTED`, and whatever the driver throws for its file or server; what
 * was opened by then is closed again
 */
export async function createContainer(
  config: ConfigInput = {},
  options: ContainerOptions = {},
): Promise<Palimpsest> {
  const checked = parseConfig(config, options.baseDir ?? process.cwd());
  const container = await createChild(options.container);
  const opened = new OpenedParts();
  try {
    await options.register?.(container);
    return await openAll(checked, container, opened, options);
  } catch (error) {
    // The first failure is the one to report; closing after it is best effort.
    await opened.close().catch(() => undefined);
    throw error;
  }
}

async function openAll(
  config: PalimpsestConfig,
  container: DependencyContainer,
  opened: OpenedParts,
  options: ContainerOptions,
): Promise<Palimpsest> {
  const services: OpenServices = {
    onWarning: options.onWarning ?? ((text) => process.emitWarning(text, "PalimpsestWarning")),
    ...(container.isRegistered(tokens.clock, true) && { clock: container.resolve(tokens.clock) }),
  };
  const provide = providerOf(container, opened);
  const engine = await provide(storageEngineToken, () => openEngine(config.store, services), close);
  const documents = await provide(tokens.documentStore, () => engine.documents);
  const { keyValues } = engine as { keyValues?: KeyValueStore };
  if (keyValues) await provide(tokens.keyValueStore, () => keyValues);
  const lexical = await provide(tokens.lexicalIndex, () => engine.lexical);
  const embedder = await provide(tokens.embedder, () =>
    openEmbedder(config.embedder, documents, services),
  );
  const { dimension, modelId } = embedder;
  const { vectors: elsewhere } = config;
  const mayBeDown = options.vectorsMayBeDown === true && elsewhere !== undefined;
  const vectorEngine = await (elsewhere === undefined
    ? provide(vectorEngineToken, () => engine)
    : provide(
        vectorEngineToken,
        () => orUnreachable(mayBeDown, openVectorEngine(elsewhere, services), unreachableEngine),
        close,
      ));
  const openVectors = async (): Promise<VectorIndex> => {
    const index = await orUnreachable(
      mayBeDown,
      vectorEngine.openVectors({ dimension, modelId }),
      unreachableIndex(elsewhere?.driver ?? engine.documents.name),
    );
    await checkBackend({ documents, vectors: index, config, warn: services.onWarning });
    return index;
  };
  const vectors = await provide(tokens.vectorIndex, openVectors, close);
  const parts = { documents, lexical, embedder, vectors };
  const openStore = async (): Promise<SemanticStore> => {
    const made = { ...parts, ...services, ...storeOptions(config, container, options) };
    return mayBeDown ? new SemanticStore(made) : SemanticStore.open(made);
  };
  const store = await provide(semanticStoreToken, openStore, close);
  const shown = withoutSecrets(config);
  container.register(configToken, { useValue: shown });
  // Last opened, first closed: instances that an application let the container build.
  opened.add(async () => container.dispose());
  return {
    container,
    engine,
    vectorEngine,
    embedder,
    store,
    config: shown,
    reembed: async (wanted, how = {}) => {
      const next = isEmbedder(wanted)
        ? wanted
        : await openEmbedder(parseEmbedder(wanted), documents, services);
      return store.reembed({ ...how, embedder: next, engine: vectorEngine });
    },
    resolve: (token) => container.resolve(token),
    createScope: () => container.createChildContainer(),
    [Symbol.asyncDispose]: () => opened.close(),
  };
}

type Provide = <T>(
  token: Token<T>,
  open: () => T | Promise<T>,
  close?: (part: T) => Promise<void>,
) => Promise<T>;

/** Takes what is registered already, else opens, registers and remembers to close it. */
function providerOf(container: DependencyContainer, opened: OpenedParts): Provide {
  return async (token, open, closePart) => {
    if (container.isRegistered(token, true)) return container.resolve(token);
    const part = await open();
    if (closePart) opened.add(() => closePart(part));
    container.register(token, { useValue: part });
    return part;
  };
}

function close(part: { close(): Promise<void> }): Promise<void> {
  return part.close();
}

function openEngine(config: StoreConfig, services: OpenServices): Promise<StorageEngine> {
  const { driver, ...options } = config;
  // The options were checked against this very driver; TypeScript cannot follow the name to it.
  return (storeDrivers[driver] as DriverEntry<object, StorageEngine>).open(options, services);
}

function openVectorEngine(config: VectorsConfig, services: OpenServices): Promise<VectorEngine> {
  const { driver, ...options } = config;
  // As above.
  return (vectorDrivers[driver] as DriverEntry<object, VectorEngine>).open(options, services);
}

function isEmbedder(wanted: string | EmbedderConfig | Embedder): wanted is Embedder {
  return typeof wanted === "object" && "embed" in wanted;
}

function parseEmbedder(wanted: string | EmbedderConfig): EmbedderConfig {
  return checkEmbedder(readEmbedder(wanted, "embedder"), "embedder");
}

function storeOptions(
  { consistency }: PalimpsestConfig,
  container: DependencyContainer,
  { worker }: ContainerOptions,
): Pick<SemanticStoreOptions, "consistency" | "policy" | "worker"> {
  const { policy } = tokens;
  return {
    consistency,
    ...(worker !== undefined && { worker }),
    ...(container.isRegistered(policy, true) && { policy: container.resolve(policy) }),
  };
}

/** tsyringe throws while it is imported without the polyfill, so both are checked only here. */
async function createChild(parent: DependencyContainer | undefined): Promise<DependencyContainer> {
  if (!("getMetadata" in Reflect)) {
    throw new PalimpsestError(
      "E_CONFIG",
      'reflect-metadata is not loaded, which tsyringe needs; install it and make `import "reflect-metadata"` the first line of your entry point',
    );
  }
  const { container: root } = await import("tsyringe");
  return (parent ?? root).createChildContainer();
}
