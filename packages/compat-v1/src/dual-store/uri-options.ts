/** Options as parameters of an address; those that it has already stay. */
export function withUriOptions(uri: string, options: Readonly<Record<string, unknown>>): string {
  const [address = "", query = ""] = uri.split(/\?(.*)/s);
  const parameters = new URLSearchParams(query);
  for (const [name, value] of Object.entries(options)) {
    if (!parameters.has(name)) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  if (text === "") return uri;
  const slash = /^[a-z+]+:\/\/[^/]*$/i.test(address) ? "/" : "";
  return Object.keys(options).length === 0 ? uri : `${address}${slash}?${text}`;
}
