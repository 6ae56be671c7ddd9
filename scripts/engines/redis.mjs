import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { findProgram } from "./commands.mjs";
import { aptInstall } from "./debian.mjs";
import { freePort, startServer } from "./server-process.mjs";

const host = "127.0.0.1";

export const redis = {
  name: "redis",
  urlVariables: ["REDIS_URL"],
  needs: "redis-server or valkey-server on PATH",
  isInstalled: () => program() !== undefined,
  install: () => aptInstall("redis-server"),
  async start(folder, signal) {
    const [port, password] = [await freePort(), randomBytes(12).toString("hex")];
    const settings = [
      `bind ${host}`,
      `port ${port}`,
      `requirepass ${password}`,
      'save ""',
      "appendonly no",
      `dir "${folder}"`,
    ];
    const { pid, stop } = await startServer({
      command: [program(), "-"],
      input: `${settings.join("\n")}\n`,
      folder,
      signal,
      ready: () => answers(port, password),
    });
    return { url: `redis://default:${password}@${host}:${port}`, pid, stop };
  },
};

function program() {
  return findProgram("redis-server") ?? findProgram("valkey-server");
}

function answers(port, password) {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let reply = "";
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(reply.includes("+PONG")));
    socket.on("data", (part) => (reply += part));
    socket.write(`AUTH ${password}\r\nPING\r\nQUIT\r\n`);
  });
}
