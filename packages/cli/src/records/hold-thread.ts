import { setImmediate } from "node:timers/promises";
import { throwIfAborted } from "@palimpsest/core";
import type { Host } from "../host.ts";

/**
 * Comes before work that holds the thread and changes nothing: it could not hear a signal, so from
 * here on one ends the process.
 * @throws `E_ABORTED` when a signal came already
 */
export async function holdThread(host: Pick<Host, "signal" | "stopAtOnce">): Promise<void> {
  // A signal that is on its way is read between two rounds of the event loop.
  await setImmediate();
  await setImmediate();
  throwIfAborted(host.signal);
  host.stopAtOnce?.();
}
