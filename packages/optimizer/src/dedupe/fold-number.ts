/** An exponent of more digits is left as it is written: no two systems agree on such numbers. */
const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,9}))?$/;

/** The text that all ways to write one number share: 1, 1.0 and 10e-1; 0 and −0. */
export function foldNumber(text: string): string {
  const [whole, sign, integer = "", fraction = "", exponent = "0"] = parts.exec(text) ?? [];
  if (whole === undefined) return text;
  const digits = integer + fraction;
  let start = 0;
  while (digits[start] === "0") start++;
  let end = digits.length;
  while (end > start && digits[end - 1] === "0") end--;
  if (start === end) return "0";
  const power = Number(exponent) - fraction.length + digits.length - end;
  return `${sign}${digits.slice(start, end)}e${power}`;
}
