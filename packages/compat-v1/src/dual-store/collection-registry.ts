import type { ContextSource } from "./context-types.ts";

/** Opens a collection of a context store. */
export type OpenCollection<Source extends ContextSource> = (
  name: string,
  textKey: string,
  timeStampKey: string,
) => Promise<Source>;

const defaultKeys = { textKey: "text", timeStampKey: "timestamp" } as const;

/** Collections by name, each opened once however many ask for it at a time. */
export class CollectionRegistry<Source extends ContextSource> {
  readonly #open: OpenCollection<Source>;
  readonly #opening = new Map<string, Promise<Source>>();
  readonly #opened = new Map<string, Source>();

  constructor(open: OpenCollection<Source>) {
    this.#open = open;
  }

  get opened(): ReadonlyMap<string, Source> {
    return this.#opened;
  }

  /** @throws v1's text for a name that is taken */
  async create(name: string, textKey: string, timeStampKey: string): Promise<Source> {
    if (this.#opening.has(name)) throw new Error(`Collection ${name} already exists`);
    const opening = this.#open(name, textKey, timeStampKey);
    this.#opening.set(name, opening);
    try {
      const source = await opening;
      this.#opened.set(name, source);
      return source;
    } catch (error) {
      // The name is free again: the next attempt may succeed.
      this.#opening.delete(name);
      throw error;
    }
  }

  /** Opened with v1's default keys if there is none. */
  getOrCreate(name: string): Promise<Source> {
    const { textKey, timeStampKey } = defaultKeys;
    return this.#opening.get(name) ?? this.create(name, textKey, timeStampKey);
  }

  /** @throws v1's text for an unknown name */
  get(name: string): Source {
    const source = this.#opened.get(name);
    if (source === undefined) throw new Error(`Collection ${name} does not exist`);
    return source;
  }
}
