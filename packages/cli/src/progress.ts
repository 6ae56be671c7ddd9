import { SingleBar } from "cli-progress";
import type { Host } from "./host.ts";

/** Shows how far a long command is. Does nothing unless stderr is a terminal. */
export interface Progress extends Disposable {
  update(label: string, done: number, total: number): void;
}

export function startProgress(host: Host): Progress {
  if (!host.stderr.isTTY) return { update: () => {}, [Symbol.dispose]: () => {} };
  const bar = new SingleBar({
    stream: host.stderr,
    format: "{label} [{bar}] {percentage}%  {value}/{total}  {eta_formatted}",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
  });
  let label: string | undefined;
  return {
    update(now, done, total) {
      if (label !== now) {
        bar.stop();
        bar.start(total, done, { label: now });
        label = now;
      }
      bar.update(done, { label: now });
    },
    [Symbol.dispose]: () => bar.stop(),
  };
}
