export type { ImportProgress, ImportReport, QuarantinedRow } from "./import-report.ts";
export { importLuminora, type ImportLuminoraOptions } from "./luminora/import-luminora.ts";
