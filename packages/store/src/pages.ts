import type { DocumentKey } from "@palimpsest/core";

/** Follows `next` from page to page; each page is asked for when the one before is used up. */
export async function* pages<P extends { readonly next: DocumentKey | undefined }>(
  read: (after: { readonly after?: DocumentKey }) => Promise<P>,
  start?: DocumentKey,
): AsyncGenerator<P> {
  let after = start;
  do {
    const page = await read(after ? { after } : {});
    yield page;
    after = page.next;
  } while (after !== undefined);
}
