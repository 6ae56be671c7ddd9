/** The start of a password, which may hold what a URL must encode; digits before a path are a port. */
const beforePassword = /\b[a-z][a-z0-9+.-]{0,63}:\/\/[^\s:/@]*:(?!\d{1,5}(?:[/?#\s]|$))/i;
/** Over HTTP a lone user name is usually a token. */
const httpUser = /\b(https?:\/\/)[^\s:/?#@]+@/gi;
const parameter = /[?&#;][^\s=&]*/g;
const credential = /key|token|secret|pass|pwd|sig/i;
const parameterValue = /=[^\s&"'#]+/y;

/** Replaces the password, and every query value that looks like a credential, in URLs within `text`. */
export function redactUrls(text: string): string {
  return redactParameters(text.replace(/\S+/g, redactPassword).replace(httpUser, "$1***@"));
}

/** It reaches to the last `@`, which is looked for once: messages may be long and odd. */
function redactPassword(word: string): string {
  const end = word.lastIndexOf("@");
  if (end === -1) return word;
  const start = beforePassword.exec(word);
  if (start === null) return word;
  const from = start.index + start[0].length;
  return from > end ? word : `${word.slice(0, from)}***${word.slice(end)}`;
}

/** Each name is read once, whether or not a value follows. */
function redactParameters(text: string): string {
  let redacted = "";
  let copied = 0;
  parameter.lastIndex = 0;
  for (let name = parameter.exec(text); name !== null; name = parameter.exec(text)) {
    if (!credential.test(name[0])) continue;
    parameterValue.lastIndex = parameter.lastIndex;
    const value = parameterValue.exec(text);
    if (value === null) continue;
    redacted += `${text.slice(copied, parameter.lastIndex)}=***`;
    copied = parameterValue.lastIndex;
    parameter.lastIndex = copied;
  }
  return redacted + text.slice(copied);
}
