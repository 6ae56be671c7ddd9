import type { Cache, EntryOptions } from "../cache.ts";
import { cacheKey } from "../cache-key.ts";
import type { CacheSwitch } from "../operations/optimization-flags.ts";
import { callSignal, withoutSignal, withSignal } from "./signal-argument.ts";

type AsyncFunction = (...args: never[]) => Promise<unknown>;

export interface CachedOptions<F extends AsyncFunction = AsyncFunction> extends EntryOptions {
  readonly cache: Cache;
  /** Names the function in keys, in invalidation and in statistics: `"llm/analyze"`. */
  readonly prefix: string;
  /** The tenant, or how to tell it from the arguments; `""` in an application that has only one. */
  readonly scope: string | ((...args: Parameters<F>) => string);
  /** What the result depends on. @defaultValue all arguments */
  readonly key?: (...args: Parameters<F>) => unknown;
  /** While it says no, calls go to the function and nothing is read or written. */
  readonly flags?: CacheSwitch;
  /** What `flags` decides by. @defaultValue the scope */
  readonly targetingKey?: (...args: Parameters<F>) => string;
}

/**
 * As `CachedOptions`, where cache and tenant may belong to the object: `scope`, `key` and `targetingKey` get it as
 * their `this`. Objects share their results: what a method reads of its object belongs into `key` or `scope`.
 */
export type CachedMethodOptions<F extends AsyncFunction = AsyncFunction> = Omit<
  CachedOptions<F>,
  "cache" | "scope" | "key" | "targetingKey"
> & {
  /** The cache, or how to get it from the object whose method is called. */
  readonly cache: Cache | ((instance: never) => Cache);
  readonly scope: string | ((this: never, ...args: Parameters<F>) => string);
  readonly key?: (this: never, ...args: Parameters<F>) => unknown;
  readonly targetingKey?: (this: never, ...args: Parameters<F>) => string;
};

/** A decorator of asynchronous methods, in the form of `experimentalDecorators`. */
export type MethodDecoratorOf<F extends AsyncFunction> = <M extends F>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => TypedPropertyDescriptor<M>;

/**
 * The same function with its results cached. A last argument with a `signal` is not part of the key: it ends
 * the wait of its own caller, and the function gets one in its place that fires when nobody waits any more.
 */
export function cached<F extends AsyncFunction>(fn: F, options: CachedOptions<F>): F;
/** The same for a method: `@cached({cache, prefix, scope, ttl})`. */
export function cached<F extends AsyncFunction = (...args: never[]) => Promise<unknown>>(
  options: CachedMethodOptions<F>,
): MethodDecoratorOf<F>;
export function cached<F extends AsyncFunction>(
  fnOrOptions: F | CachedMethodOptions<F>,
  options?: CachedOptions<F>,
): F | MethodDecoratorOf<F> {
  if (typeof fnOrOptions !== "function") return decorator(fnOrOptions);
  return wrap(fnOrOptions, options as CachedOptions<F>, () => (options as CachedOptions<F>).cache);
}

function decorator<F extends AsyncFunction>(options: CachedMethodOptions<F>): MethodDecoratorOf<F> {
  const { cache } = options;
  const cacheOf = (instance: unknown) =>
    typeof cache === "function" ? cache(instance as never) : cache;
  return <M extends F>(
    _: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<M> | undefined,
  ) => {
    if (descriptor === undefined) {
      throw new TypeError("@cached needs the compiler option experimentalDecorators");
    }
    if (descriptor.value === undefined) {
      throw new TypeError(`@cached stands on ${String(name)}, which is no method`);
    }
    return { ...descriptor, value: wrap(descriptor.value, options, cacheOf) };
  };
}

/** The type of the function stays; its arguments are read as what `F` says they are. */
function wrap<F extends AsyncFunction, M extends F>(
  fn: M,
  options: Omit<CachedMethodOptions<F>, "cache">,
  cacheOf: (instance: unknown) => Cache,
): M {
  const { prefix, scope, key, flags, targetingKey, ...entry } = options;
  async function call(this: unknown, ...args: Parameters<F>): Promise<unknown> {
    const tenant = typeof scope === "function" ? scope.apply(this as never, args) : scope;
    const subject = targetingKey === undefined ? tenant : targetingKey.apply(this as never, args);
    if (flags !== undefined && !(await flags.isCacheOn(subject))) return fn.apply(this, args);
    // By their places: an argument that is undefined counts as absent.
    const parts = [key === undefined ? { ...withoutSignal(args) } : key.apply(this as never, args)];
    const signal = callSignal(args);
    return cacheOf(this).getOrSet(
      cacheKey({ scope: tenant, prefix, parts }),
      (context) => fn.apply(this, withSignal(args, context.signal)),
      { ...entry, ...(signal && { signal }) },
    );
  }
  Object.defineProperty(call, "name", { value: fn.name });
  // `call` takes and gives what `fn` does, which its own signature cannot say of any function type.
  return call as unknown as M;
}
