import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runSql, type TestStore, testStore, testUrl } from "./fixtures/test-server.ts";
import { openPostgres } from "./open-postgres.ts";

function urlWith(change: (url: URL) => void): string {
  const url = new URL(testUrl as string);
  change(url);
  return url.href;
}

describe.skipIf(testUrl === undefined)("one server", () => {
  let store: TestStore;

  beforeEach(async () => {
    store = await testStore();
  });

  afterEach(async () => {
    await store.dispose();
  });

  /** Holds the store's row, so that every write waits, until the returned function is called. */
  async function holdStore(): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: testUrl as string });
    await client.connect();
    await client.query("BEGIN");
    await client.query(`SELECT FROM "${store.schema}".store FOR UPDATE`);
    return () => client.end();
  }

  const item = {
    type: "put" as const,
    document: { scope: "", id: "a", text: "sea", metadata: {}, timestamp: 1 },
  };

  test("an aborted signal stops a statement that is running, and the store goes on", async () => {
    const release = await holdStore();
    const stop = new AbortController();
    const write = store.engine.documents.write([item], { signal: stop.signal });
    const refused = write.catch((error: unknown) => error);
    await expect
      .poll(() =>
        runSql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1", [
          `%${store.schema}%`,
        ]),
      )
      .toHaveLength(1);
    stop.abort();
    expect(await refused).toMatchObject({ code: "E_ABORTED" });
    await release();
    expect(await store.engine.documents.count()).toBe(0);
    expect(await store.engine.documents.write([item])).toMatchObject([{ status: "written" }]);
  });

  test("a statement past its time limit is stopped and said so", async () => {
    const release = await holdStore();
    const hasty = await store.open({ statementTimeout: 200 });
    await expect(hasty.documents.write([item])).rejects.toMatchObject({
      code: "E_UNAVAILABLE",
      message: expect.stringContaining("statementTimeout") as string,
    });
    await release();
  });

  test("a fence waits for writers under way and stops the later ones", async () => {
    const other = await store.open();
    const writes = Array.from({ length: 30 }, (_, i) =>
      other.documents
        .write([{ ...item, document: { ...item.document, id: `w${i}` } }])
        .catch((error: unknown) => error),
    );
    expect(await store.engine.documents.fence(3)).toBe(3);
    const before = await store.engine.documents.digest();
    await expect(other.documents.write([item])).rejects.toMatchObject({ code: "E_FENCED" });
    await Promise.all(writes);
    expect(await store.engine.documents.digest()).toEqual(before);
  });

  test.each([
    ["a port where nobody listens", (url: URL) => (url.port = "1"), "E_UNAVAILABLE"],
    ["a database that is not there", (url: URL) => (url.pathname = "/nosuchdb"), "E_NOT_FOUND"],
  ])("%s is named, without the password", async (_, change, code) => {
    const connectionString = urlWith((url) => {
      url.password ||= "pw-of-the-test";
      change(url);
    });
    const failure = await openPostgres({ connectionString }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code,
      message: expect.stringMatching(/^postgres:\/\/127/) as string,
    });
    expect(String(failure)).not.toContain(new URL(connectionString).password);
  });

  test("a user who may not write is told so", async () => {
    const role = `reader_${process.pid}`;
    await runSql(`CREATE ROLE ${role} LOGIN PASSWORD 'reader'`);
    try {
      await runSql(`GRANT USAGE ON SCHEMA "${store.schema}" TO ${role}`);
      await runSql(`GRANT SELECT ON ALL TABLES IN SCHEMA "${store.schema}" TO ${role}`);
      const connectionString = urlWith((url) => {
        url.username = role;
        url.password = "reader";
      });
      const reader = await store.open({ connectionString });
      expect(await reader.documents.count()).toBe(0);
      await expect(reader.documents.write([item])).rejects.toMatchObject({ code: "E_READ_ONLY" });
      await reader.close();
    } finally {
      await runSql(`DROP OWNED BY ${role}`);
      await runSql(`DROP ROLE ${role}`);
    }
  });

  test("connections that the server ends are replaced at the next call", async () => {
    await store.engine.documents.write([item]);
    await runSql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'palimpsest' AND query LIKE $1",
      [`%${store.schema}%`],
    );
    const count = (): Promise<number> => store.engine.documents.count().catch(() => 0);
    await expect.poll(count, { timeout: 30_000 }).toBe(1);
  });

  test("a server that answers only later is reached by the next opening", async () => {
    const target = new URL(testUrl as string);
    const sockets = new Set<Socket>();
    let up = false;
    const proxy: Server = createServer((socket) => {
      if (up) forward(socket, target, sockets);
      else socket.destroy();
    });
    await new Promise<void>((resolve) => {
      proxy.listen(0, "127.0.0.1", resolve);
    });
    const connectionString = urlWith(
      (url) => (url.port = `${(proxy.address() as AddressInfo).port}`),
    );
    await expect(store.open({ connectionString })).rejects.toMatchObject({ code: "E_UNAVAILABLE" });
    up = true;
    const late = await store.open({ connectionString });
    expect(await late.documents.count()).toBe(0);
    await late.close();
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
});

function forward(socket: Socket, { hostname, port }: URL, sockets: Set<Socket>): void {
  const server = connect(Number(port), hostname);
  for (const end of [socket, server]) {
    sockets.add(end);
    end.on("error", () => end.destroy());
  }
  socket.pipe(server).pipe(socket);
}
