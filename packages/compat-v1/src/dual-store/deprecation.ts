const warned = new Set<string>();

/** Says once per process and code that a v1 name has a successor. */
export function warnDeprecated(code: string, message: string): void {
  if (warned.has(code)) return;
  warned.add(code);
  process.emitWarning(message, { type: "DeprecationWarning", code });
}
