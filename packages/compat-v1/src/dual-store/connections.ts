import { isPalimpsestError, PalimpsestError } from "@palimpsest/core";
import { ChromaClient } from "chromadb";
import { MongoClient } from "mongodb";

interface Shared {
  readonly client: Promise<MongoClient>;
  users: number;
}

const shared = new Map<string, Shared>();

export interface Borrowed {
  readonly client: MongoClient;
  /** The last user's release closes the client; releasing twice is harmless. */
  release(): Promise<void>;
}

/**
 * One client per address for all families of the process. A first connection that fails is not kept.
 * @throws `E_UNAVAILABLE`, `E_CONFIG`
 */
export async function borrowMongo(uri: string): Promise<Borrowed> {
  const entry = shared.get(uri) ?? { client: connect(uri), users: 0 };
  shared.set(uri, entry);
  entry.users++;
  let released = false;
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    entry.users--;
    if (entry.users > 0) return;
    if (shared.get(uri) === entry) shared.delete(uri);
    await (await entry.client).close();
  };
  try {
    return { client: await entry.client, release };
  } catch (error) {
    if (shared.get(uri) === entry) shared.delete(uri);
    throw error;
  }
}

async function connect(uri: string): Promise<MongoClient> {
  let client: MongoClient;
  try {
    // v1's limit, unless the address has one of its own.
    const own = /serverSelectionTimeoutMS=/i.test(uri);
    client = new MongoClient(uri, { ...(!own && { serverSelectionTimeoutMS: 10_000 }) });
  } catch {
    // Without its cause, which may quote the password.
    throw new PalimpsestError(
      "E_CONFIG",
      "the MongoDB address is malformed; write mongodb://host:27017",
    );
  }
  try {
    return await client.connect();
  } catch (cause) {
    await client.close();
    if (isPalimpsestError(cause)) throw cause;
    const hosts = client.options.hosts.map((host) => host.toString()).join(",");
    throw new PalimpsestError(
      "E_UNAVAILABLE",
      `MongoDB at ${hosts} cannot be reached; check that it runs and that the address is right`,
      { cause },
    );
  }
}

/** @throws `E_CONFIG` for an address that is none */
export function chromaClient(address: string): {
  readonly client: ChromaClient;
  readonly label: string;
} {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    throw new PalimpsestError("E_CONFIG", "the Chroma address must be http://host:port");
  }
  const ssl = url.protocol === "https:";
  const defaultPort = ssl ? 443 : 80;
  const client = new ChromaClient({
    host: url.hostname,
    port: url.port === "" ? defaultPort : Number(url.port),
    ssl,
    ...(url.username !== "" && {
      headers: {
        authorization: `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString("base64")}`,
      },
    }),
  });
  return { client, label: `Chroma at ${url.protocol}//${url.host}` };
}
