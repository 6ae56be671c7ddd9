const word = /[\p{L}\p{N}\p{M}]+/gu;
// Script extensions, because the prolonged sound mark ー belongs to both kana and to neither.
const cjk = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}]+/gu;
const accents = /[\u0300-\u036f]/g;
const ascii = /^[\0-\x7f]*$/;

/**
 * The terms of a text, in order, with repeats: lower-cased, compatibility-normalised, Latin accents
 * removed; runs of Han, Kana and Hangul become overlapping bigrams (a lone character stays).
 * Every lexical index uses this, so all engines agree on what a term is. Other terms for the same text
 * mean a new model id of the hash embedder and a new file format of SQLite, whose entries name terms.
 */
export function tokenize(text: string): string[] {
  if (ascii.test(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const folded = text.normalize("NFKD").replace(accents, "").normalize("NFC").toLowerCase();
  return (folded.match(word) ?? []).flatMap(splitCjk);
}

function splitCjk(run: string): string[] {
  const terms: string[] = [];
  let end = 0;
  for (const match of run.matchAll(cjk)) {
    if (match.index > end) terms.push(run.slice(end, match.index));
    terms.push(...bigrams([...match[0]]));
    end = match.index + match[0].length;
  }
  if (end < run.length) terms.push(run.slice(end));
  return terms;
}

function bigrams(characters: readonly string[]): string[] {
  if (characters.length < 2) return [...characters];
  return characters.slice(1).map((character, i) => `${characters[i]}${character}`);
}
