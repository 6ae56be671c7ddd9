import { compileRequest } from "./compile-arguments.ts";
import { compileMessages } from "./compile-messages.ts";
import { isoTime } from "./context-message.ts";
import type {
  CompileContextOptions,
  ContextMessage,
  ContextRole,
  ContextSource,
  FormatTime,
  MessageStyle,
} from "./context-types.ts";
import type { DualStoreMetadata, GenericEntry } from "./types.ts";

/** @deprecated Use `SemanticStore` of `@palimpsest/store`. */
export interface ContextStoreParts {
  readonly getCollections: () => readonly ContextSource[] | Promise<readonly ContextSource[]>;
  readonly resolveRole: (metadata: DualStoreMetadata, entry: GenericEntry) => ContextRole;
  readonly resolveDisplayName: (metadata: DualStoreMetadata, entry: GenericEntry) => string;
  /** @defaultValue ISO 8601 */
  readonly formatTime?: FormatTime;
  /** Search with the texts that v1 would have chosen. @defaultValue false */
  readonly legacyQueryOrder?: boolean;
}

/** @deprecated Use `SemanticStore` of `@palimpsest/store`. */
export interface ContextCompiler {
  compileContext(options?: CompileContextOptions): Promise<ContextMessage[]>;
}

/**
 * Compiles contexts from collections that are kept elsewhere. Here `formatAssistantMessages` writes
 * who and when before every text, and without it the user's texts stay raw as well.
 * @deprecated Use `context` of `SemanticStore` in `@palimpsest/store`.
 */
export function makeContextStore(parts: ContextStoreParts): ContextCompiler {
  const { legacyQueryOrder } = parts;
  const style: MessageStyle = {
    role: parts.resolveRole,
    displayName: parts.resolveDisplayName,
    isRaw: (_, formatAssistantMessages) => !formatAssistantMessages,
    formatTime: parts.formatTime ?? isoTime,
  };
  return {
    compileContext: async (options = {}) => {
      const request = compileRequest([options], { legacyQueryOrder });
      return compileMessages(await parts.getCollections(), request, style);
    },
  };
}
