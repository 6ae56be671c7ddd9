import { abortError } from "../call.ts";

/** Waits so many milliseconds, or rejects at once when the signal fires; leaves no timer and no listener. */
export function wait(duration: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortError(signal));
      return;
    }
    const leave = (): void => {
      clearTimeout(timer);
      reject(abortError(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", leave);
      resolve();
    }, duration);
    signal.addEventListener("abort", leave, { once: true });
  });
}
