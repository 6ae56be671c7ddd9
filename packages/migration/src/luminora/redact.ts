import { parsePythonJson, quoteLike } from "./python-json.ts";

/** What stands in place of a secret. */
export const redactedMark = "***redacted***";

const secretName =
  /(?:^|_)(?:api_?keys?|apikeys?|passwords?|passwd|pwd|passphrases?|secrets?|tokens?|authorization|credentials?|cookies?|(?:private|access|secret|encryption|signing|auth)_?keys?)$/;

/** Whether a field of this name holds a secret: `api_key`, `openaiApiKey`, `X-API-Key`, `client_secret`… */
export function namesSecret(name: string): boolean {
  const words = name
    .trim()
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .replace(/[\s.-]+/g, "_");
  return secretName.test(words.toLowerCase());
}

/** Most rows hold none of these, so they are left after one search. */
const suspicious =
  /key|token|passw|pwd|passphrase|secret|auth|credential|cookie|bearer|sk-|pk-|rk_|gh[a-z]_|github_pat|xox|akia|asia|aiza|eyj|:\/\/|private|\\u00/i;

const shapes: readonly RegExp[] = [
  /\b[prs]k[-_][A-Za-z0-9_-]{16,}/g,
  /\b(?:gh[opsur]_|github_pat_)[A-Za-z0-9_]{20,}/g,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  /(?<=\b[Bb]earer )[A-Za-z0-9._~+/=-]{8,}/g,
  /(?<=:\/\/[^\s:/@]{0,256}:)[^\s:/@"\\]{1,256}(?=@)/g,
  /(?<=-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)[^-]+/g,
];

/**
 * Replaces secrets in a text: values of fields whose name says so, in JSON (at any depth, also in
 * JSON within strings) and in free text (`password=…`), and well-known shapes of keys.
 * Returns the text itself when there was none.
 */
export function redactText(text: string): string {
  return redactNested(text, 0);
}

function redactNested(text: string, depth: number): string {
  if (!suspicious.test(text)) return text;
  const json = depth < 8 && /^\s*[[{"]/.test(text) && parsePythonJson(text) !== undefined;
  let clean = json ? redactJson(text, depth) : redactAssignments(text);
  for (const shape of shapes) clean = clean.replace(shape, redactedMark);
  return clean;
}

const stringLiteral = /"[^"\\]*(?:\\.[^"\\]*)*"/gs;

/** Works on the text, not on the parsed value, so everything but the secrets stays byte for byte. */
function redactJson(text: string, depth: number): string {
  let out = "";
  let copied = 0;
  const literal = new RegExp(stringLiteral);
  for (let match = literal.exec(text); match !== null; match = literal.exec(text)) {
    const content = JSON.parse(match[0]) as string;
    const value = valueAfter(text, literal.lastIndex);
    if (value === undefined) {
      const clean = redactNested(content, depth + 1);
      if (clean === content) continue;
      out += text.slice(copied, match.index) + quoteLike(match[0], clean);
      copied = literal.lastIndex;
    } else if (namesSecret(content) && holdsSecret(content, value.text)) {
      out += `${text.slice(copied, value.start)}"${redactedMark}"`;
      copied = value.start + value.text.length;
      literal.lastIndex = copied;
    }
  }
  return out + text.slice(copied);
}

/** The value of the key that ends at `from`, or undefined when no colon follows: then it is no key. */
function valueAfter(text: string, from: number): { start: number; text: string } | undefined {
  const colon = /\s*:\s*/y;
  colon.lastIndex = from;
  if (!colon.test(text)) return undefined;
  const start = colon.lastIndex;
  return { start, text: text.slice(start, valueEnd(text, start)) };
}

function valueEnd(text: string, start: number): number {
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]|[^\s{}[\],"]+/gs;
  token.lastIndex = start;
  let depth = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === "{" || match[0] === "[") depth++;
    if (match[0] === "}" || match[0] === "]") depth--;
    if (depth === 0) return token.lastIndex;
  }
  return text.length;
}

/** Counts such as `"max_tokens": 4096` and absent values are no secrets. */
function holdsSecret(name: string, valueText: string): boolean {
  if (/^(?:null|true|false|""|\{\}|\[\])$/.test(valueText)) return false;
  if (valueText === `"${redactedMark}"`) return false;
  return !(/tokens?$/i.test(name) && /^-?\d/.test(valueText));
}

const assignment =
  /(?<![\w-])(["']?)([A-Za-z][\w-]{0,63})\1(\s{0,8}[:=]\s{0,8})((?:[Bb]earer |[Bb]asic )?(?:"[^"]*"|'[^']*'|[^\s,;'"}\])]+))/g;

function redactAssignments(text: string): string {
  return text.replace(
    assignment,
    (all: string, quote: string, name: string, sign: string, value: string) => {
      if (!namesSecret(name) || /^(?:None|True|False|null|true|false)$/.test(value)) return all;
      if (/tokens?$/i.test(name) && /^-?\d+$/.test(value)) return all;
      // "The secret: chocolate" is prose; `secret: k3y` is not.
      if (quote === "" && /^(?:secrets?|tokens?|cookies?)$/i.test(name) && !/\d/.test(value)) {
        return all;
      }
      const mark = /^["']/.test(value) ? `${value[0]}${redactedMark}${value[0]}` : redactedMark;
      return `${quote}${name}${quote}${sign}${mark}`;
    },
  );
}
