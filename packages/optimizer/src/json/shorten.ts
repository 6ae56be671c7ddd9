/** What messages show of a text: its length is in the hands of whoever wrote it. */
const shown = 80;

export function shorten(text: string): string {
  return text.length <= shown ? text : `${text.slice(0, shown)}…`;
}
