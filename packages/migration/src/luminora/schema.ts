/** The two layouts v1 wrote: the SDK's flexible storage and the core's migration 001. */
export type LuminoraSchema = "sdk" | "core";

export type TableKind = "fact" | "affinity" | "episode" | "mood" | "memory" | "session";

export interface TableShape {
  readonly schema: LuminoraSchema;
  readonly kind: TableKind;
  /** Columns that together mark the table, whatever its name. */
  readonly signature: readonly string[];
  /** Columns v1 never leaves NULL. */
  readonly notNull: readonly string[];
  /** Time columns, the one that dates the document first. */
  readonly times: readonly string[];
}

const stored = ["updated_at", "created_at"];
const happened = ["created_at", "updated_at"];

/** More specific shapes first. */
const shapes: readonly TableShape[] = [
  {
    schema: "core",
    kind: "fact",
    signature: ["user_id", "category", "fact_key", "fact_value"],
    notNull: ["id", "user_id", "category", "fact_key", "fact_value"],
    times: ["updated_at", "last_updated", "created_at", "first_mentioned"],
  },
  {
    schema: "core",
    kind: "affinity",
    signature: ["user_id", "personality_name", "affinity_points", "total_messages"],
    notNull: ["id", "user_id", "personality_name"],
    times: ["updated_at", "created_at", "last_interaction"],
  },
  {
    schema: "core",
    kind: "episode",
    signature: ["user_id", "episode_type", "title", "summary", "timestamp"],
    notNull: ["id", "user_id", "episode_type", "title", "summary", "importance", "timestamp"],
    times: ["timestamp", "created_at", "updated_at"],
  },
  {
    schema: "core",
    kind: "mood",
    signature: ["session_id", "user_id", "current_mood", "mood_intensity"],
    notNull: ["session_id", "user_id"],
    times: ["updated_at", "mood_started_at"],
  },
  {
    schema: "sdk",
    kind: "fact",
    signature: ["user_id", "category", "key", "value"],
    notNull: ["id", "user_id", "category", "key"],
    times: stored,
  },
  {
    schema: "sdk",
    kind: "affinity",
    signature: ["user_id", "personality_name", "affinity_points"],
    notNull: ["id", "user_id", "personality_name"],
    times: stored,
  },
  {
    schema: "sdk",
    kind: "episode",
    signature: ["user_id", "episode_type", "title", "summary"],
    notNull: ["id", "user_id", "episode_type", "title"],
    times: happened,
  },
  {
    schema: "sdk",
    kind: "mood",
    signature: ["user_id", "mood_type", "intensity"],
    notNull: ["id", "user_id", "mood_type"],
    times: happened,
  },
  {
    schema: "sdk",
    kind: "memory",
    signature: ["user_id", "memory_key", "memory_value"],
    notNull: ["id", "user_id", "memory_key"],
    times: stored,
  },
  {
    schema: "sdk",
    kind: "session",
    signature: ["session_id", "user_id", "personality_name", "last_activity"],
    notNull: [
      "id",
      "session_id",
      "user_id",
      "personality_name",
      "created_at",
      "updated_at",
      "last_activity",
      "ttl",
    ],
    times: ["updated_at", "last_activity", "created_at"],
  },
];

/** Recognises a v1 table by its columns, never by its name, which v1 lets everyone choose. */
export function recognizeTable(columns: readonly string[]): TableShape | undefined {
  const present = new Set(columns);
  return shapes.find((shape) => shape.signature.every((column) => present.has(column)));
}

/** v1's own record of applied migrations: known, and no data. */
export function isMigrationLog(columns: readonly string[]): boolean {
  const present = new Set(columns);
  return ["version", "name", "applied_at", "checksum"].every((column) => present.has(column));
}
