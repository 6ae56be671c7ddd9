import { isDeepStrictEqual } from "node:util";
import {
  type EvaluationContext,
  FlagNotFoundError,
  type FlagValue,
  type JsonValue,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  type ResolutionDetails,
  type StandardResolutionReasons,
  TargetingKeyMissingError,
  TypeMismatchError,
} from "@openfeature/server-sdk";
import { PalimpsestError } from "@palimpsest/core";
import { bucketOf } from "./bucket.ts";
import {
  checkFlag,
  describe,
  type PercentageFlag,
  type PercentageFlags,
  valueTypeOf,
} from "./percentage-flag.ts";

export interface PercentageProviderOptions {
  readonly flags: PercentageFlags;
  /**
   * The boolean flag that says whether `kill` was called, for code that asks flags and does not know this
   * provider. @defaultValue "kill-switch"
   */
  readonly killSwitch?: string;
}

/**
 * An OpenFeature provider that turns flags on for a share of all targeting keys. Who is in is computed
 * from the key, so it is the same in every process and stays so while the percentage grows; nothing is
 * stored and no service is asked.
 */
export class PercentageProvider implements Provider {
  readonly metadata: { readonly name: "percentage" } = { name: "percentage" };
  readonly runsOn = "server" as const;
  readonly events: OpenFeatureEventEmitter = new OpenFeatureEventEmitter();
  readonly #killSwitch: string;
  #flags: ReadonlyMap<string, PercentageFlag>;
  #killed = false;

  /** @throws `E_INVALID_INPUT` for a percentage outside 0 to 100, or `on` and `off` of two types */
  constructor({ flags, killSwitch = "kill-switch" }: PercentageProviderOptions) {
    this.#killSwitch = killSwitch;
    this.#flags = this.#checked(flags);
  }

  /**
   * Replaces all flags and tells OpenFeature which changed.
   * @throws `E_INVALID_INPUT`; then the flags before stay
   */
  update(flags: PercentageFlags): void {
    const before = this.#flags;
    const after = this.#checked(flags);
    const names = new Set([...before.keys(), ...after.keys()]);
    this.#flags = after;
    this.#announce(
      [...names].filter((name) => !isDeepStrictEqual(before.get(name), after.get(name))),
    );
  }

  /** Changes one percentage. @throws `E_NOT_FOUND` for an unknown flag, `E_INVALID_INPUT` */
  setPercentage(name: string, percentage: number): void {
    const flag = this.#flags.get(name);
    if (flag === undefined) {
      throw new PalimpsestError(
        "E_NOT_FOUND",
        `${describe(name)} is not defined; add it by update`,
      );
    }
    this.update({ ...Object.fromEntries(this.#flags), [name]: { ...flag, percentage } });
  }

  /** Every flag is `off` for everybody, with the reason DISABLED, until `restore`. */
  kill(): void {
    this.#setKilled(true);
  }

  restore(): void {
    this.#setKilled(false);
  }

  async resolveBooleanEvaluation(
    name: string,
    _: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    if (name === this.#killSwitch) {
      return { value: this.#killed, variant: variantOf(this.#killed), reason: "STATIC" };
    }
    return this.#resolve<boolean>(name, "boolean", context);
  }

  async resolveStringEvaluation(
    name: string,
    _: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<string>> {
    return this.#resolve<string>(name, "string", context);
  }

  async resolveNumberEvaluation(
    name: string,
    _: number,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<number>> {
    return this.#resolve<number>(name, "number", context);
  }

  async resolveObjectEvaluation<T extends JsonValue>(
    name: string,
    _: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    const details = this.#resolve<T>(name, "object", context);
    return { ...details, value: structuredClone(details.value) };
  }

  /** Errors are OpenFeature's own: its client turns them into the default value and reason ERROR. */
  #resolve<T extends FlagValue>(
    name: string,
    type: ReturnType<typeof valueTypeOf>,
    { targetingKey }: EvaluationContext,
  ): ResolutionDetails<T> {
    const flag = this.#flags.get(name);
    if (flag === undefined) throw new FlagNotFoundError(`${describe(name)} is not defined`);
    if (valueTypeOf(flag.on) !== type) {
      throw new TypeMismatchError(`${describe(name)} is of type ${valueTypeOf(flag.on)}`);
    }
    if (this.#killed || flag.disabled === true) return decided(flag, false, "DISABLED");
    // Asked for at every percentage, so that a call without it is found before the rollout, not in it.
    if (!targetingKey) {
      throw new TargetingKeyMissingError(`${describe(name)} needs a targetingKey in the context`);
    }
    if (flag.percentage === 0) return decided(flag, false, "DEFAULT");
    return decided(flag, bucketOf(flag.salt ?? name, targetingKey) < flag.percentage, "SPLIT");
  }

  #setKilled(killed: boolean): void {
    if (this.#killed === killed) return;
    this.#killed = killed;
    this.#announce([this.#killSwitch, ...this.#flags.keys()]);
  }

  #announce(flagsChanged: string[]): void {
    if (flagsChanged.length === 0) return;
    this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged });
  }

  #checked(flags: PercentageFlags): ReadonlyMap<string, PercentageFlag> {
    if (Object.hasOwn(flags, this.#killSwitch)) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `${describe(this.#killSwitch)} is the kill switch; rename the flag, or the switch by the option killSwitch`,
      );
    }
    for (const [name, flag] of Object.entries(flags)) checkFlag(name, flag);
    return new Map(Object.entries(structuredClone(flags)));
  }
}

/** The type of both values was compared with the one that the caller asked for. */
function decided<T extends FlagValue>(
  { on, off }: PercentageFlag,
  isOn: boolean,
  reason: keyof typeof StandardResolutionReasons,
): ResolutionDetails<T> {
  return { value: (isOn ? on : off) as T, variant: variantOf(isOn), reason };
}

function variantOf(isOn: boolean): "on" | "off" {
  return isOn ? "on" : "off";
}
