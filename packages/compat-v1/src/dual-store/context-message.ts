import type { ContextMessage, FormatTime, MessageStyle } from "./context-types.ts";
import type { GenericEntry } from "./types.ts";

export function isImage({ metadata }: GenericEntry): boolean {
  return metadata.type === "image";
}

/** An image is shown beside its caption; a text is told as who said it when, unless it stays raw. */
export function toMessage(
  entry: GenericEntry,
  style: MessageStyle,
  formatAssistantMessages: boolean,
): ContextMessage {
  const { metadata, text, timestamp } = entry;
  const role = style.role(metadata, entry);
  if (isImage(entry)) {
    const { caption } = metadata;
    return { role, content: typeof caption === "string" ? caption : "", images: [text] };
  }
  if (style.isRaw(role, formatAssistantMessages)) return { role, content: text };
  const verb = metadata.isThought ? "thought" : "said";
  const name = style.displayName(metadata, entry);
  return { role, content: `${name} ${verb} (${style.formatTime(timestamp)}): ${text}` };
}

export const isoTime: FormatTime = (epochMs) => new Date(epochMs).toISOString();

/** v1's own: only the assistant's texts may stay raw; its thoughts are the system's. */
export function assistantStyle(assistantName: string, formatTime: FormatTime): MessageStyle {
  return {
    role: ({ userName, isThought }) => {
      if (userName !== assistantName) return "user";
      return isThought ? "system" : "assistant";
    },
    displayName: ({ userName }) => userName || "Unknown user",
    isRaw: (role, formatAssistantMessages) => role === "assistant" && !formatAssistantMessages,
    formatTime,
  };
}
