/** What an import did. Holds counts and names of the source's tables, never text of its rows. */
export interface ImportReport {
  /** Rows of all recognised tables = imported + updated + unchanged + quarantined. */
  readonly read: number;
  readonly imported: number;
  readonly updated: number;
  /** The target already held exactly this document. */
  readonly unchanged: number;
  readonly quarantined: number;
  /** Rows of which the older system had lost or blurred something; see `lossReasons`. */
  readonly lossyInV1: number;
  /** Rows in which a secret was replaced. */
  readonly redacted: number;
  /** Documents read back from the target whose recomputed digest is that of their row. */
  readonly verified: number;
  /** Documents that are absent from the target or differ from their row. */
  readonly mismatches: number;
  /** Documents of an earlier import in this scope that no row of this source explains. */
  readonly extra: number;
  /** Rows by what was lost; a row may have several. `missing-zone` alone does not make it lossy. */
  readonly lossReasons: Readonly<Record<string, number>>;
  /** The first hundred quarantined rows. */
  readonly quarantine: readonly QuarantinedRow[];
  /** Rows by table that is not the older system's; not read, not imported. */
  readonly unknownTables: Readonly<Record<string, number>>;
  readonly source: {
    readonly schema: string;
    /** Rows by recognised table. */
    readonly tables: Readonly<Record<string, number>>;
  };
}

export interface QuarantinedRow {
  readonly table: string;
  /** The row's id as the older system made it, otherwise its position in the table, from 1. */
  readonly row: string | number;
  readonly reason: string;
}

export interface ImportProgress {
  readonly phase: "read" | "plan" | "apply" | "verify";
  readonly done: number;
  readonly total: number;
}
