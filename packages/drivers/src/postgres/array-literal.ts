/**
 * A PostgreSQL array literal. Own code, because one text parameter means the same to every client
 * library, while each has its own idea of how to pass a JavaScript array.
 */
export function arrayLiteral(elements: readonly (string | number | boolean | null)[]): string {
  let out = "{";
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i] as string | number | boolean | null;
    if (i > 0) out += ",";
    out += typeof element === "string" ? quoted(element) : element === null ? "NULL" : `${element}`;
  }
  return `${out}}`;
}

function quoted(text: string): string {
  return `"${/["\\]/.test(text) ? text.replaceAll(/["\\]/g, String.raw`\$&`) : text}"`;
}
