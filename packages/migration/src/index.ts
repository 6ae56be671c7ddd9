export {
  type DocumentsReport,
  type DocumentSource,
  importDocuments,
  type ImportDocumentsOptions,
  type ReadRecords,
  type SourceDocument,
  type SourceRecord,
} from "./import-documents.ts";
export type { ImportProgress, ImportReport, QuarantinedRow } from "./import-report.ts";
export type { ImportTarget } from "./import-target.ts";
export { importLuminora, type ImportLuminoraOptions } from "./luminora/import-luminora.ts";
export type { StagedRevision } from "./staging.ts";
