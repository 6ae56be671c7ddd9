import type { TokenCounter } from "@palimpsest/core";
import type { DualStoreMetadata, GenericEntry, LegacyFilter } from "./types.ts";

/**
 * What a context needs of a collection: any v1-shaped store has it.
 * @deprecated Use `SemanticStore` of `@palimpsest/core`.
 */
export interface ContextSource {
  /** Newest first. */
  getMostRecent(limit: number): Promise<readonly GenericEntry[]>;
  /** Best first. */
  getMostRelevant(
    queryTexts: readonly string[],
    limit: number,
    where?: LegacyFilter,
  ): Promise<readonly GenericEntry[]>;
}

/** @deprecated Use the message type of your model's client. */
export type ContextRole = "user" | "assistant" | "system";

/**
 * One message for a language model; `images` holds what the entry's text named.
 * @deprecated Use the message type of your model's client.
 */
export interface ContextMessage {
  role: ContextRole;
  content: string;
  images?: string[];
}

/** @deprecated Use `ContextOptions` of `@palimpsest/core`. */
export interface CompileContextOptions {
  /** What the conversation is about now. @defaultValue `[]` */
  readonly texts?: readonly string[] | undefined;
  /** Newest entries taken from each collection. @defaultValue 10 */
  readonly recentLimit?: number | undefined;
  /** Most texts to search with; 0 searches for nothing. @defaultValue 5 */
  readonly queryLimit?: number | undefined;
  /**
   * Hits per collection. As in v1 the context has up to this many messages, twice, per collection;
   * `maxMessages` bounds it exactly. @defaultValue 20
   */
  readonly limit?: number | undefined;
  /** Writes who said it and when before the assistant's texts too. @defaultValue false */
  readonly formatAssistantMessages?: boolean | undefined;
  /** Most messages; the newest stay. @defaultValue by `limit` only */
  readonly maxMessages?: number | undefined;
  /** Most tokens of all contents together, counted by `counter`; the newest messages stay. */
  readonly budget?: number | undefined;
  readonly counter?: TokenCounter | undefined;
  /** Search with the texts that v1 would have chosen. @defaultValue the store's own setting */
  readonly legacyQueryOrder?: boolean | undefined;
}

/** v1's positions of `CompileContextOptions`. */
type CompileContextPositions = [
  texts?: readonly string[],
  recentLimit?: number,
  queryLimit?: number,
  limit?: number,
  formatAssistantMessages?: boolean,
];

/** Either call form of `compileContext`. */
export type CompileContextArguments = [options: CompileContextOptions] | CompileContextPositions;

/** Epoch milliseconds as a reader should see them. */
export type FormatTime = (epochMs: number) => string;

/** How entries become messages. */
export interface MessageStyle {
  role(metadata: DualStoreMetadata, entry: GenericEntry): ContextRole;
  displayName(metadata: DualStoreMetadata, entry: GenericEntry): string;
  /** Whether the text stays as it is, without who and when. */
  isRaw(role: ContextRole, formatAssistantMessages: boolean): boolean;
  formatTime: FormatTime;
}
