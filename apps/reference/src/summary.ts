import type { Adoption, TokenCost } from "./sample.ts";

/** The table that `npm start` prints, at most 80 columns wide. */
export function summarize({ counts, now }: Adoption, tokens: TokenCost): string {
  const when = now ? "adopted now" : "adopted at an earlier start";
  const rows: [string, number, string][] = [
    ["rows read", counts.read, "every row of every known table"],
    ["imported", counts.imported + counts.updated + counts.unchanged, "one document each"],
    ["quarantined", counts.quarantined, "could not become a document"],
    ["lossy in v1", counts.lossyInV1, "v1 itself had lost or blurred something"],
    ["verified", counts.verified, "equal by digest, read back from the store"],
    ["mismatches", counts.mismatches, "must be 0"],
    ["tokens as JSON", tokens.json, `${tokens.hits} hits for "${tokens.query}"`],
    ["tokens as context", tokens.context, "the same hits as given to a model"],
  ];
  const lines = rows.map(
    ([name, count, note]) => `  ${name.padEnd(18)}${String(count).padStart(7)}   ${note}`,
  );
  return [`LuminoraCore v1.1 sample, ${when}`, ...lines].join("\n");
}
