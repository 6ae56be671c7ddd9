export { type ExitCode, exitCodeOf } from "./exit-code.ts";
export { describeFailure } from "./failure.ts";
export type { Host } from "./host.ts";
export { describeImport } from "./import-summary.ts";
export { processHost } from "./process-host.ts";
export { type Progress, startProgress } from "./progress.ts";
export { run } from "./run.ts";
export { labelled, type Row } from "./text-layout.ts";
