/**
 * The text that spellings of one thing share: NFC, one case, single spaces. By way of upper case, so
 * that ß and SS, ς and σ meet; lower case first, because ẞ is upper case already.
 */
export function foldText(text: string): string {
  return text
    .normalize("NFC")
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize("NFC")
    .replace(/\s+/gu, " ")
    .trim();
}
