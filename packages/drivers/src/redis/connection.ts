import { PalimpsestError, throwIfAborted } from "@palimpsest/core";
import type { Cluster, Redis } from "ioredis";
import { toPalimpsestError } from "./redis-errors.ts";

export type RedisClient = Redis | Cluster;

/** A call without a connection fails at once. */
const unqueued = { lazyConnect: true, enableOfflineQueue: false };

/**
 * One client, connected when it is first used. Without a connection a call makes one attempt to
 * connect and fails; nothing is queued and no timer waits for the server to come back.
 */
export class Connection {
  readonly client: RedisClient;
  /** Names the server in messages, without credentials. */
  readonly label: string;
  /** Whether this driver made the client: then it also connects and closes it. */
  readonly #isOwn: boolean;
  #connecting: Promise<void> | undefined;
  #lastError: Error | undefined;
  #pending = 0;
  #closed = false;

  constructor(client: RedisClient, label: string, isOwn: boolean) {
    this.client = client;
    this.label = label;
    this.#isOwn = isOwn;
    // The client reports why a connection failed in this event only.
    if (isOwn) client.on("error", (error: Error) => (this.#lastError = error));
  }

  /** A connection of its own to the same server, in which one can listen. */
  duplicate(): Connection {
    const { client } = this;
    const copy = isCluster(client)
      ? client.duplicate([], { ...unqueued, clusterRetryStrategy: () => null })
      : client.duplicate({ ...unqueued, autoResubscribe: false, retryStrategy: () => null });
    return new Connection(copy, this.label, true);
  }

  checkOpen(): void {
    if (!this.#closed) return;
    throw new PalimpsestError(
      "E_CLOSED",
      `the connection to ${this.label} was closed; open a new one`,
    );
  }

  /** @throws `E_CLOSED`, `E_ABORTED` and what `toPalimpsestError` makes of the client's errors */
  async run<T>(command: (client: RedisClient) => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.checkOpen();
    throwIfAborted(signal);
    this.#hold(1);
    try {
      await this.#ready();
      throwIfAborted(signal);
      return await command(this.client);
    } catch (error) {
      throw toPalimpsestError(error, this.label);
    } finally {
      this.#hold(-1);
    }
  }

  /** Closing twice is harmless; a client that was handed in stays open. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#isOwn) await this.#quit();
  }

  /** Lets the commands under way finish, unless there is no connection on which they could. */
  async #quit(): Promise<void> {
    try {
      if (this.client.status === "ready") await this.client.quit();
    } catch {
      // The server went away meanwhile, which closes the connection as well.
    } finally {
      this.client.disconnect();
    }
  }

  async #ready(): Promise<void> {
    if (!this.#isOwn || this.client.status === "ready") return;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    await this.#connecting;
  }

  async #connect(): Promise<void> {
    this.#lastError = undefined;
    try {
      await this.client.connect();
    } catch (error) {
      throw this.#lastError ?? error;
    }
  }

  /** An idle connection must not keep the process alive, one with a command under way must. */
  #hold(change: 1 | -1): void {
    this.#pending += change;
    // Only the first call and the last: a socket that connects keeps a listener of each `ref()`.
    if (this.#pending !== Math.max(0, change)) return;
    if (!this.#isOwn || !("stream" in this.client)) return;
    // Absent before the first connection.
    const stream = this.client.stream as { ref?(): void; unref?(): void } | undefined;
    if (this.#pending > 0) stream?.ref?.();
    else stream?.unref?.();
  }
}

function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster;
}
