import { LRUCache } from "lru-cache";
import type { CacheKey } from "../cache-key.ts";
import { headOf, isHeadOf } from "../keys/store-names.ts";

/**
 * The version of a tag, of a prefix or of everything. An entry holds the versions under which its
 * fill began and is valid while they are the same.
 */
export class Stamp {
  readonly name: string;
  /** 0 is not known; below 0 invalidated here, and no store has confirmed it yet. */
  version: number = 0;
  /** Counts the invalidations that this process made, or was told of as they happened. */
  invalidations: number = 0;

  constructor(name: string) {
    this.name = name;
  }
}

/** Stamps under which something was or will be filled, with their versions at that time. */
export interface Stamped {
  readonly stamps: readonly Stamp[];
  readonly versions: readonly number[];
}

const everything = "e";
/** Heads, which are pairs of tenant and prefix, whose stamps are kept at hand. */
const headsKept = 1_000;

/** What this process knows of stamps. */
export class StampRegistry {
  /** Moves with every change: what was checked under the present one needs no check. */
  generation: number = 0;
  /** Keys deleted here of which the store has not confirmed the deletion: what it has is not valid. */
  readonly deleted: Set<CacheKey> = new Set<CacheKey>();
  /** Moves when messages were missed: what was read before must be checked against the store. */
  trust: number = 0;
  // A stamp lives as long as an entry, a fill or an invalidation holds it.
  readonly #stamps = new Map<string, WeakRef<Stamp>>();
  readonly #gone = new FinalizationRegistry<string>((name) => {
    if (this.#stamps.get(name)?.deref() === undefined) this.#stamps.delete(name);
  });
  readonly #heads = new LRUCache<string, readonly Stamp[]>({ max: headsKept });
  #lastHead: string | undefined;
  #lastStamps: readonly Stamp[] = [];
  #serial = 0;

  get(name: string): Stamp {
    const present = this.find(name);
    if (present !== undefined) return present;
    const stamp = new Stamp(name);
    this.#stamps.set(name, new WeakRef(stamp));
    this.#gone.register(stamp, name);
    return stamp;
  }

  /** The stamp, if anything holds it. */
  find(name: string): Stamp | undefined {
    return this.#stamps.get(name)?.deref();
  }

  tag(tag: string): Stamp {
    return this.get(tagName(tag));
  }

  /** Of everything, of the tenant, and of each level of the prefix. */
  ofKey(key: CacheKey): readonly Stamp[] {
    // Keys in a row mostly have one head, so it is compared before it is cut out.
    if (this.#lastHead !== undefined && isHeadOf(this.#lastHead, key)) return this.#lastStamps;
    const head = headOf(key);
    let stamps = this.#heads.get(head);
    if (stamps === undefined) {
      stamps = namesOfHead(head).map((name) => this.get(name));
      this.#heads.set(head, stamps);
    }
    this.#lastHead = head;
    this.#lastStamps = stamps;
    return stamps;
  }

  ofEntry(key: CacheKey, tags: readonly string[]): readonly Stamp[] {
    const own = this.ofKey(key);
    return tags.length === 0 ? own : [...own, ...tags.map((tag) => this.tag(tag))];
  }

  /** Another process invalidated just now. */
  hear(stamp: Stamp, version: number): void {
    stamp.invalidations++;
    this.learn(stamp, version);
  }

  /** Takes over a version, which may have come about at any time. */
  learn(stamp: Stamp, version: number): void {
    // What the store says before it confirmed may be older than the invalidation.
    if (stamp.version < 0 || version <= stamp.version) return;
    stamp.version = version;
    this.generation++;
  }

  /** From now on nothing filled before is valid in this process. */
  invalidate(stamps: readonly Stamp[]): void {
    for (const stamp of stamps) {
      stamp.version = --this.#serial;
      stamp.invalidations++;
    }
    this.generation++;
  }

  /**
   * The store has counted the invalidation after which the stamp had the version `serial`; a later
   * one has a confirmation of its own.
   */
  confirm(stamp: Stamp, serial: number, version: number): void {
    if (stamp.version !== serial) return;
    stamp.version = version;
    this.generation++;
  }

  /** Its version is not known any more; entries under the old one are invalid. */
  forget(stamp: Stamp): void {
    stamp.version = 0;
    this.generation++;
  }

  /** @returns tells whether this process knows that any of them was invalidated since now */
  watch(stamps: readonly Stamp[]): () => boolean {
    const before = stamps.map(({ invalidations }) => invalidations);
    return () => stamps.some(({ invalidations }, i) => invalidations !== before[i]);
  }

  distrust(): void {
    this.trust++;
    this.generation++;
  }

  holds({ stamps, versions }: Stamped): boolean {
    for (let i = 0; i < stamps.length; i++) {
      if (stamps[i]!.version !== versions[i]) return false;
    }
    return true;
  }
}

export const everythingName: string = everything;

export function prefixName(head: string): string {
  return `p:${head}`;
}

function tagName(tag: string): string {
  return `t:${encodeURIComponent(tag)}`;
}

function namesOfHead(head: string): string[] {
  const tenant = head.slice(0, head.indexOf(":") + 1);
  const segments = head.slice(tenant.length).split("/");
  const levels = segments.map((_, i) => prefixName(tenant + segments.slice(0, i + 1).join("/")));
  return [everything, prefixName(tenant), ...levels];
}
