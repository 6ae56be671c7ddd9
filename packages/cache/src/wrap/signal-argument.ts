/** The last argument, when it is the options object of a call that can be aborted. */
interface SignalArgument {
  readonly signal: AbortSignal;
}

function isSignalArgument(value: unknown): value is SignalArgument {
  return (
    typeof value === "object" &&
    value !== null &&
    "signal" in value &&
    value.signal instanceof AbortSignal
  );
}

export function callSignal(args: readonly unknown[]): AbortSignal | undefined {
  const last = args.at(-1);
  return isSignalArgument(last) ? last.signal : undefined;
}

/** The arguments as part of a key: options that hold nothing but a signal count as absent. */
export function withoutSignal(args: readonly unknown[]): readonly unknown[] {
  const last = args.at(-1);
  if (!isSignalArgument(last)) return args;
  const { signal: _, ...rest } = last;
  return Object.keys(rest).length === 0 ? args.slice(0, -1) : [...args.slice(0, -1), rest];
}

/** The arguments with another signal in the place of the caller's own. */
export function withSignal<Args extends unknown[]>(args: Args, signal: AbortSignal): Args {
  const last = args.at(-1);
  return isSignalArgument(last) ? ([...args.slice(0, -1), { ...last, signal }] as Args) : args;
}
