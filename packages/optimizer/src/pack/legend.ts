import { legendSign, marker } from "./signs.ts";
import type { PackProfile } from "./pack-profile.ts";

const readable =
  'Table: a count, a line of columns, then one line per record, cells separated by tabs. Column `a=x`: x in every record. `a?x`: an empty cell means x, `a?@b`: the same as b. `a:p_*`: the cell stands at *, at # padded with zeros, or gives the date\'s letters. `a[,]`: a list. `~`: no such key. "1": text.';

const dense = `${readable} \`a=x+\`: x, counting up. \`?^\`: as above, \`?^n\`: as n rows above, \`?+\`: one more than above, \`?^@b\`: as where b was last the same. \`/100\`: divide. \`-^\`, \`-@b\`: add to above, to b.`;

/**
 * One paragraph that tells a model how to read a packed text; empty for JSON, which needs none.
 * `pack` puts it above the text when asked to.
 */
export function legend(profile: PackProfile): string {
  if (profile === "minified") return "";
  return profile === "dense" ? dense : readable;
}

/** The text below its legend; JSON stays as it is. */
export function withLegend(text: string, profile: PackProfile): string {
  return text.startsWith(marker) ? `${legendSign}${legend(profile)}\n${text}` : text;
}
