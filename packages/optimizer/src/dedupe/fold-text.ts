/**
 * The text that spellings of one thing share: NFC, one case, single spaces. Upper case first, so
 * that ß and SS, ς and σ meet.
 */
export function foldText(text: string): string {
  return text
    .normalize("NFC")
    .toUpperCase()
    .toLowerCase()
    .normalize("NFC")
    .replace(/\s+/gu, " ")
    .trim();
}
