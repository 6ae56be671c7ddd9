/** A function that creates its value when it is first called and gives the same one ever after. */
export function once<T>(create: () => T): () => T {
  let instance: { readonly value: T } | undefined;
  return () => (instance ??= { value: create() }).value;
}
