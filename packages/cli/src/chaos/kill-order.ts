import { SeededRandom } from "@palimpsest/core/faults";
import type { PairName } from "./worlds.ts";

/** When and where a process dies, as its seed says. */
export interface KillOrder {
  readonly seed: number;
  readonly pair: PairName;
  readonly path: string;
  /** Dies at this call to an engine, 0 for never by itself. */
  readonly call: number;
  /** Right before the call reached the engine, or right after it. */
  readonly moment: "before" | "after";
  /** Killed from outside once this many events are known, 0 for never. */
  readonly events: number;
}

export function killOrder(seed: number, path: string): KillOrder {
  const random = new SeededRandom(seed ^ 0x5eed);
  const pair = random.pick<PairName>(["sqlite", "two-files"]);
  const fromOutside = random.chance(0.25);
  return {
    seed,
    pair,
    path,
    call: fromOutside ? 0 : random.between(1, 90),
    moment: random.pick(["before", "after"]),
    events: fromOutside ? random.between(1, 25) : 0,
  };
}
