import type { Client } from "@openfeature/server-sdk";
import { PalimpsestError } from "@palimpsest/core";

/** Decides whether calls are cached; every wrapper of this package takes one. */
export interface CacheSwitch {
  /** @param targetingKey - a user, tenant or conversation: what must not flicker; `""`: the whole application */
  isCacheOn(targetingKey: string): boolean | Promise<boolean>;
}

type FlagClient = Pick<Client, "getBooleanValue">;

/** What a client is asked by for the application as a whole. */
const application = "application";

export interface OptimizationFlagsOptions {
  /** @defaultValue true */
  readonly enableCache?: boolean;
  /** @defaultValue true */
  readonly enableBatching?: boolean;
  /**
   * 0 is nobody, whatever the client says; other than 0 and 100 it needs a client, whose provider decides.
   * @defaultValue 100
   */
  readonly cachePercentage?: number;
  /** Any OpenFeature client; a provider with sticky percentages is in `@palimpsest/rollout`. */
  readonly client?: FlagClient;
  /** The client's flag that says whether a targeting key's calls are cached. @defaultValue "llm-cache" */
  readonly cacheFlag?: string;
  /** The client's flag that turns everything off while it is true. @defaultValue "kill-switch" */
  readonly killSwitch?: string;
  /** What an emergency clears: caches, semantic ones too. */
  readonly caches?: readonly { clear(): void | Promise<void> }[];
  /** Logs it and tells the team; its own error is thrown by `emergencyStop`. */
  readonly onEmergency?: (report: EmergencyReport) => void | Promise<void>;
}

export interface EmergencyReport {
  readonly reason: string;
  readonly cleared: number;
  /** Of caches that could not be cleared; nothing is served from them while all is off. */
  readonly errors: readonly unknown[];
}

/**
 * Says which optimisations are on, for whom, and turns all of them off at once: by `emergencyStop` in this
 * process, by the kill switch of the flag service in all of them.
 */
export class OptimizationFlags implements CacheSwitch {
  readonly #options: OptimizationFlagsOptions;
  #isStopped = false;
  /** Whether the kill switch was on when it was last asked for. */
  #isKilled = false;
  #isLooking = false;

  /** @throws `E_CONFIG` for a percentage that nothing makes sticky */
  constructor(options: OptimizationFlagsOptions = {}) {
    const { client, enableCache = true, cachePercentage = 100 } = options;
    if (!(cachePercentage >= 0 && cachePercentage <= 100)) {
      throw new PalimpsestError("E_CONFIG", `cachePercentage is ${cachePercentage}; give 0 to 100`);
    }
    const isForSome = enableCache && cachePercentage !== 0 && cachePercentage !== 100;
    if (client === undefined && isForSome) {
      throw new PalimpsestError(
        "E_CONFIG",
        `a cachePercentage of ${cachePercentage} needs an OpenFeature client, so that each key keeps its answer; pass \`client\``,
      );
    }
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#isStopped || this.#isKilled;
  }

  isCacheOn(targetingKey: string): boolean | Promise<boolean> {
    const { client } = this.#options;
    if (!this.#mayCache) return false;
    return client === undefined || this.#ask(client, targetingKey);
  }

  /**
   * Pass it to `batched` as `isEnabled`. It answers at once, by the kill switch as it was last seen, and looks
   * at it again behind the answer.
   */
  readonly isBatchingOn = (): boolean => {
    const { enableBatching = true, client } = this.#options;
    if (client !== undefined && enableBatching) this.#look(client);
    return enableBatching && !this.isStopped;
  };

  /** Pass it to `CacheWarmer` as `isEnabled`. */
  readonly isWarmingOn = async (): Promise<boolean> => {
    const { client } = this.#options;
    if (!this.#mayCache) return false;
    return client === undefined || !(await this.#isKilledBy(client, application));
  };

  /**
   * Turns every optimisation of this process off at once, then clears the caches, in every process that
   * shares them. It stays off until `resume`, also when clearing fails, which the report tells.
   */
  async emergencyStop(reason: string): Promise<EmergencyReport> {
    this.#isStopped = true;
    return this.#clear(reason);
  }

  /** Ends an `emergencyStop`; a kill switch of the client is turned off where it was turned on. */
  resume(): void {
    this.#isStopped = false;
  }

  get #mayCache(): boolean {
    const { enableCache = true, cachePercentage = 100 } = this.#options;
    return enableCache && cachePercentage > 0 && !this.#isStopped;
  }

  async #ask(client: FlagClient, targetingKey: string): Promise<boolean> {
    // A provider of percentages refuses an empty key, and the cache would be off without a word.
    const subject = targetingKey === "" ? application : targetingKey;
    if (await this.#isKilledBy(client, subject)) return false;
    const { cacheFlag = "llm-cache" } = this.#options;
    return client.getBooleanValue(cacheFlag, false, { targetingKey: subject });
  }

  async #isKilledBy(client: FlagClient, targetingKey: string): Promise<boolean> {
    const { killSwitch = "kill-switch" } = this.#options;
    const isKilled = await client.getBooleanValue(killSwitch, false, { targetingKey });
    const isNew = isKilled && !this.#isKilled;
    this.#isKilled = isKilled;
    if (isNew) await this.#clearQuietly(`the flag ${JSON.stringify(killSwitch)} is on`);
    return isKilled;
  }

  /** One look at a time, however often batching asks. */
  #look(client: FlagClient): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#isKilledBy(client, application)
      .catch((error: unknown) => warn("the flag client failed", error))
      .finally(() => (this.#isLooking = false));
  }

  /** The caller only asked whether to cache: an error of the listener is not its own. */
  async #clearQuietly(reason: string): Promise<void> {
    try {
      await this.#clear(reason);
    } catch (error) {
      warn("onEmergency failed", error);
    }
  }

  async #clear(reason: string): Promise<EmergencyReport> {
    const { caches = [], onEmergency } = this.#options;
    const cleared = await Promise.allSettled(caches.map(async (cache) => cache.clear()));
    const errors = cleared.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    const report = { reason, cleared: caches.length - errors.length, errors };
    await onEmergency?.(report);
    return report;
  }
}

function warn(what: string, error: unknown): void {
  process.emitWarning(`${what}: ${error instanceof Error ? error.message : error}`);
}
