import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

const client = new URL("scan-client.ts", import.meta.url).href;
const worker = `
  import { parentPort as port } from "node:worker_threads";
  port.on("message", (message) => {
    if (message === "close") setTimeout(() => port.close(), 100);
    else port.postMessage({ id: message.id, hits: [] });
  });
  port.postMessage("ready");`;

it("keeps a process alive until it is closed, though a query ends meanwhile", () => {
  const script = `
    const { ScanClient } = await import(${JSON.stringify(client)});
    const file = new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(worker)}));
    const scans = new ScanClient({ worker: { path: "x" }, file });
    void scans.query({}, undefined);
    await scans.close();
    console.log("closed");`;
  const flags = ["--conditions=@palimpsest/source", "--input-type=module", "--eval"];
  const { status, stdout } = spawnSync(process.execPath, [...flags, script], { encoding: "utf8" });
  expect([status, stdout]).toEqual([0, "closed\n"]);
});
