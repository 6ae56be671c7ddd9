type Kind = "digit" | "letter" | "space" | "sign" | "wide";

/** Separators of empty cells run together into one token. */
const emptyCost = 0.4;

/**
 * A fast estimate of a cell's tokens with its separator, good enough to rank encodings of one
 * column: digits come in threes, a word with the space before it is one token, signs one each.
 */
export function tokenCost(cell: string): number {
  if (cell === "") return emptyCost;
  let cost = 1;
  for (let start = 0; start < cell.length;) {
    const kind = kindOf(cell.charCodeAt(start));
    let end = start + 1;
    while (end < cell.length && kindOf(cell.charCodeAt(end)) === kind) end++;
    cost += runCost(kind, end - start);
    start = end;
  }
  return cost;
}

function kindOf(code: number): Kind {
  if (code >= 48 && code <= 57) return "digit";
  if ((code >= 65 && code <= 90) || (code >= 97 && code <= 122)) return "letter";
  if (code === 32) return "space";
  return code < 128 ? "sign" : "wide";
}

function runCost(kind: Kind, length: number): number {
  switch (kind) {
    case "digit":
      return Math.ceil(length / 3);
    case "letter":
      return length <= 6 ? 1 : 1 + (length - 6) / 6;
    case "space":
      return length - 1;
    case "sign":
      return length <= 2 ? 1 : length / 2;
    case "wide":
      return length * 0.6;
  }
}
