// Started as a process of its own by `killed.ts`; never imported.
import { VirtualTime, writeLine } from "@palimpsest/core/faults";
import { History } from "./history.ts";
import type { KillOrder } from "./kill-order.ts";
import { runSchedule } from "./schedule.ts";
import { openWorld } from "./worlds.ts";

const { seed, pair, path, call, moment } = JSON.parse(process.argv[2] ?? "") as KillOrder;

function die(): void {
  process.kill(process.pid, "SIGKILL");
}

const time = new VirtualTime();
const world = await openWorld({ pair, clock: time, path, transactions: true });
// Written to the pipe before anything else happens, so the parent knows what was acknowledged.
const history = new History((event) => writeLine(1, JSON.stringify(event)));
let calls = 0;
await runSchedule({
  seed,
  world,
  time,
  history,
  crashes: false,
  onCall: (_, now) => {
    if (now === moment && ++calls === call) die();
  },
});
die();
