import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DualStoreManager } from "./dual-store-manager.ts";
import { hasServers, TestDeployment } from "./fixtures/test-family.ts";
import type { DualStoreConsistency } from "./types.ts";

/** Passes on to Chroma until it is told to refuse. */
class Gate {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  open = true;
  address = "";

  constructor(target: URL) {
    this.#server = createServer((socket) => {
      if (!this.open) return void socket.destroy();
      this.#sockets.add(socket);
      const upstream = connect(Number(target.port), target.hostname);
      this.#sockets.add(upstream);
      socket.pipe(upstream).pipe(socket);
      for (const each of [socket, upstream]) {
        each.on("error", () => each.destroy());
        each.on("close", () => {
          socket.destroy();
          upstream.destroy();
        });
      }
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.address = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this.address;
  }

  shut(): void {
    this.open = false;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  close(): void {
    this.shut();
    this.#server.close();
  }
}

describe.skipIf(!hasServers)("while Chroma is down", () => {
  let deployment: TestDeployment;
  let gate: Gate;
  let manager: DualStoreManager<"text", "timestamp">;

  beforeEach(async () => {
    deployment = new TestDeployment();
    gate = new Gate(new URL(deployment.options().chromaUrl ?? ""));
  });
  afterEach(async () => {
    await manager.close();
    gate.close();
    await deployment.dispose();
  });

  async function open(consistency: DualStoreConsistency): Promise<void> {
    const options = deployment.options({ consistency, chromaUrl: await gate.listen() });
    let clock = Date.now();
    // An hour between any two looks at the clock, so that every retry is due.
    const time = (): number => (clock += 3_600_000);
    manager = await DualStoreManager.create("sessions", "text", "timestamp", { ...options, time });
    await manager.insert({ id: "before", text: "before", timestamp: 1 });
    await manager.flush();
  }

  it("eventual inserts are stored, flagged and indexed when it is back", async () => {
    await open("eventual");
    gate.shut();
    await manager.insert({ id: "a", text: "while down", timestamp: 2 });
    expect((await manager.get("a"))?.text).toBe("while down");
    await manager.flush();
    expect((await manager.get("a"))?.metadata.vectorWriteSuccess).toBe(false);
    expect(await manager.checkConsistency("a")).toMatchObject({
      hasDocument: true,
      hasVector: false,
    });
    gate.open = true;
    await manager.flush();
    expect(await manager.checkConsistency("a")).toMatchObject({
      hasVector: true,
      vectorWriteSuccess: true,
    });
  });

  it("strict inserts throw what v1 threw and leave no document", async () => {
    await open("strict");
    gate.shut();
    await expect(manager.insert({ id: "a", text: "x", timestamp: 2 })).rejects.toThrow(
      /^Critical: Vector store write failed for entry a: /,
    );
    expect(await manager.get("a")).toBeNull();
    expect(await manager.count()).toBe(1);
    expect((await manager.get("before"))?.metadata.vectorWriteSuccess).toBe(true);
  });

  it("6.1 #15: opening fails with a reason and works again when Chroma is back", async () => {
    await open("eventual");
    gate.shut();
    const options = deployment.options({ chromaUrl: gate.address });
    await expect(
      DualStoreManager.create("sessions", "text", "timestamp", options),
    ).rejects.toMatchObject({
      code: "E_UNAVAILABLE",
    });
    gate.open = true;
    const again = await DualStoreManager.create("sessions", "text", "timestamp", options);
    expect(await again.count()).toBe(1);
    await again.close();
  });
});
