import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { Redis } from "ioredis";

/** A Redis of the benchmark's own, that it may stall. Ends with the benchmark. */
export class RedisServer implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #stop: () => void;

  private constructor(url: string, running: ChildProcess) {
    this.url = url;
    this.#process = running;
    this.#stop = () => void running.kill("SIGKILL");
    process.once("exit", this.#stop);
  }

  static async start(): Promise<RedisServer> {
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const settings = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", ""];
    for (const program of ["redis-server", "valkey-server"]) {
      const running = spawn(program, settings, { stdio: "ignore" });
      const started = await Promise.race([
        once(running, "spawn").then(() => true),
        once(running, "error").then(() => false),
      ]);
      if (!started) continue;
      const server = new RedisServer(url, running);
      await server.#answers();
      return server;
    }
    throw new Error(
      "redis-server or valkey-server must be on PATH: run ENGINES=redis npm run engines:install",
    );
  }

  stall(): void {
    this.#process.kill("SIGSTOP");
  }

  resume(): void {
    this.#process.kill("SIGCONT");
  }

  async empty(): Promise<void> {
    const client = new Redis(this.url);
    await client.flushall();
    client.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off("exit", this.#stop);
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#stop();
    await ended;
  }

  async #answers(): Promise<void> {
    const client = new Redis(this.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    client.on("error", () => undefined);
    await client.ping();
    client.disconnect();
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
