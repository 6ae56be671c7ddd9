import { type Clock, systemClock } from "@palimpsest/core";

/** Reading the machine's clock can cost more than all the rest of a hit. */
const readingsShared = 8;

/**
 * The time for hits: of one reading that up to eight of them share, within about a millisecond. An
 * injected clock is read each time.
 * @returns a function that gives epoch milliseconds
 */
export function coarseTime(clock: Clock): () => number {
  if (clock !== systemClock) return () => clock.now();
  let time = 0;
  let left = 0;
  let timer: NodeJS.Timeout | undefined;
  let isArmed = false;
  const expire = (): void => {
    left = 0;
    isArmed = false;
  };
  const read = (): number => {
    time = clock.now();
    left = readingsShared;
    if (!isArmed) {
      isArmed = true;
      timer = timer?.refresh() ?? setTimeout(expire, 1).unref();
    }
    return time;
  };
  return () => (--left > 0 ? time : read());
}
