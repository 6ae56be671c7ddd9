import { PalimpsestError } from "@palimpsest/core";

const late: unique symbol = Symbol("late");

/**
 * Waits for an engine's answer no longer than `ms`. A call that cannot be stopped may still take
 * effect afterwards, which `onLate` is told.
 * @throws `E_UNAVAILABLE`
 */
export async function withDeadline<T>(
  what: string,
  ms: number,
  call: (signal: AbortSignal) => Promise<T>,
  onLate: () => Promise<void> = async () => undefined,
): Promise<T> {
  const controller = new AbortController();
  const running = call(controller.signal);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<typeof late>((resolve) => {
    // The call's own connection holds the process; what hangs without one shall not.
    timer = setTimeout(() => resolve(late), ms).unref();
  });
  const first = await Promise.race([running, timeout]).finally(() => clearTimeout(timer));
  if (first !== late) return first;
  // Whoever was waiting has the failure already; what is left is to look again at what landed late.
  running.then(onLate, onLate).catch(() => undefined);
  const error = new PalimpsestError("E_UNAVAILABLE", `${what} did not answer within ${ms} ms`);
  controller.abort(error);
  throw error;
}
