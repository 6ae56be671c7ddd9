export {
  type FaultCall,
  type FaultEffect,
  type FaultKind,
  faultKinds,
  type FaultRecord,
  type FaultTarget,
} from "./fault.ts";
export { FaultInjector, type FaultInjectorOptions } from "./fault-injector.ts";
export { type FaultTime, realTime } from "./fault-time.ts";
export { SeededRandom } from "./seeded-random.ts";
export { VirtualTime } from "./virtual-time.ts";
export { writeLine } from "./write-line.ts";
