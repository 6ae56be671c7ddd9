import { join } from "node:path";
import { existsSync } from "node:fs";
import { root, run } from "./commands.mjs";
import { freePort, startServer } from "./server-process.mjs";

const host = "127.0.0.1";
const home = join(import.meta.dirname, "chroma");
const program = join(home, "node_modules/chromadb/dist/cli.mjs");

export const chroma = {
  name: "chroma",
  urlVariables: ["CHROMA_URL"],
  needs: "the packages of scripts/engines/chroma",
  isInstalled: () => existsSync(program),
  install: () =>
    run(
      join(root, "node_modules/.bin/pnpm"),
      ["install", "--frozen-lockfile", "--loglevel=error"],
      {
        cwd: home,
      },
    ),
  async start(folder, signal) {
    const port = await freePort();
    const url = `http://${host}:${port}`;
    const server = ["run", "--host", host, "--port", `${port}`, "--path", join(folder, "data")];
    const { pid, stop } = await startServer({
      command: [process.execPath, program, ...server],
      folder,
      signal,
      ready: () =>
        fetch(`${url}/api/v2/heartbeat`).then(
          ({ ok }) => ok,
          () => false,
        ),
    });
    return { url, pid, stop };
  },
};
