import { countTokens } from "@palimpsest/core";
import type { CompileRequest } from "./compile-arguments.ts";
import { isImage, toMessage } from "./context-message.ts";
import type { ContextMessage, ContextSource, MessageStyle } from "./context-types.ts";
import { queryTexts } from "./query-texts.ts";
import type { GenericEntry, LegacyFilter } from "./types.ts";

const images = { type: "image" } as const;

/** What the collections hold about the texts and what came last, oldest first. */
export async function compileMessages(
  sources: readonly ContextSource[],
  request: CompileRequest,
  style: MessageStyle,
): Promise<ContextMessage[]> {
  const { limit, formatAssistantMessages } = request;
  const latest = (await latestEntries(sources, request.recentLimit)).filter(isTold);
  const texts = queryTexts(request, latest);
  const [related, pictures] = await Promise.all([
    relatedEntries(sources, texts, limit),
    relatedEntries(sources, texts, limit, images),
  ]);
  const found = [
    ...related.filter((entry) => isTold(entry) && !isImage(entry)),
    ...latest,
    ...pictures,
  ].filter(isTold);
  const entries = withoutRepetition(found).toSorted((a, b) => a.timestamp - b.timestamp);
  const most = Math.min(limit * Math.max(sources.length, 1) * 2, request.maxMessages);
  const kept = newest(entries, most);
  const messages = kept.map((entry) => toMessage(entry, style, formatAssistantMessages));
  return request.budget === undefined ? messages : withinBudget(messages, request.budget);
}

export async function latestEntries(
  sources: readonly ContextSource[],
  limit: number,
): Promise<GenericEntry[]> {
  if (limit === 0) return [];
  return (await Promise.all(sources.map((source) => source.getMostRecent(limit)))).flat();
}

export async function relatedEntries(
  sources: readonly ContextSource[],
  texts: readonly string[],
  limit: number,
  where?: LegacyFilter,
): Promise<GenericEntry[]> {
  if (texts.length === 0 || limit === 0) return [];
  const found = sources.map((source) =>
    where === undefined
      ? source.getMostRelevant(texts, limit)
      : source.getMostRelevant(texts, limit, where),
  );
  return (await Promise.all(found)).flat();
}

/** Collections of other programs may hold entries without a text. */
function isTold({ text, metadata }: GenericEntry): boolean {
  return typeof text === "string" && typeof metadata === "object" && metadata !== null;
}

/** By exact text; what is related comes before what is only recent. */
function withoutRepetition(entries: readonly GenericEntry[]): GenericEntry[] {
  const seen = new Set<string>();
  return entries.filter(({ text }) => !seen.has(text) && Boolean(seen.add(text)));
}

/** The end of the list; slicing by -0 would take everything. */
function newest<T>(items: readonly T[], count: number): T[] {
  return count === 0 ? [] : items.slice(-count);
}

function withinBudget(
  messages: readonly ContextMessage[],
  { tokens, counter }: NonNullable<CompileRequest["budget"]>,
): ContextMessage[] {
  let left = tokens;
  const firstOut = messages.findLastIndex(
    ({ content }) => (left -= countTokens(counter, content)) < 0,
  );
  return messages.slice(firstOut + 1);
}
