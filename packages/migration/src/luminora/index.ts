export { importLuminora, type ImportLuminoraOptions } from "./import-luminora.ts";
export type { LossReason } from "./loss.ts";
export { type LuminoraSource, type LuminoraTable, openLuminora } from "./open-luminora.ts";
export type { DocumentKind } from "./row-document.ts";
export type { Cell, LuminoraRow } from "./row.ts";
export type { LuminoraSchema, TableKind, TableShape } from "./schema.ts";
