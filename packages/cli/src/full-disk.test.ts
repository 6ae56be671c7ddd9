import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { cleanEnv, command, runCli, runProcess } from "./fixtures/run-cli.ts";
import { TestFolder, writeV1 } from "./fixtures/test-files.ts";

const folder = new TestFolder();
afterAll(() => folder[Symbol.dispose]());

/** Linux as root, or as a user who may have namespaces: only there a test can have a tiny disk. */
const unshare = ["unshare", process.getuid?.() === 0 ? "-m" : "-rm", "sh", "-ec"];
const probe = `mount -t tmpfs -o size=100k none ${folder.path}`;
const canMount = spawnSync(unshare[0] ?? "", [...unshare.slice(1), probe]).status === 0;

describe.skipIf(!canMount)("a full disk (skipped where no tmpfs can be mounted)", () => {
  it("is named, and the import goes on once there is room", async () => {
    writeV1(folder.at("v1.sqlite"), 1500);
    mkdirSync(folder.at("disk"));
    const disk = folder.at("disk");
    const run = command.map((part) => `'${part}'`).join(" ");
    const script = `
      mount -t tmpfs -o size=1m none ${disk}
      set +e
      ${run} import ${folder.at("v1.sqlite")} --to sqlite:${disk}/m.db --json; echo "exit $?"
      mount -o remount,size=64m ${disk}
      ${run} import ${folder.at("v1.sqlite")} --to sqlite:${disk}/m.db --json; echo "exit $?"
      ${run} doctor --store sqlite:${disk}/m.db --json; echo "exit $?"
    `;
    const { stdout, stderr } = await runProcess([...unshare, script]);
    const [first, second = "", secondExit, doctor = "", doctorExit] = stdout.split("\n");
    expect(stderr).toMatch(/^palimpsest: [^\n]*m\.db[^\n]* (space|full)[^\n]*\n$/);
    expect([first, secondExit, doctorExit]).toEqual(["exit 3", "exit 0", "exit 0"]);
    expect(JSON.parse(second)).toMatchObject({ read: 1500, verified: 1500, mismatches: 0 });
    expect(JSON.parse(doctor)).toMatchObject({ healthy: true, documents: 1500, vectors: 1500 });
  });

  it("leaves the old export when a new one does not fit", async () => {
    writeV1(folder.at("few.sqlite"), 500);
    const store = folder.at("m.db");
    const run = command.map((part) => `'${part}'`).join(" ");
    const script = `
      ${run} import ${folder.at("few.sqlite")} --to sqlite:${store} >/dev/null
      mount -t tmpfs -o size=16k none ${folder.at("disk")}
      echo old > ${folder.at("disk")}/out.jsonl
      set +e
      ${run} export --store sqlite:${store} --out ${folder.at("disk")}/out.jsonl; echo "exit $?"
      ls ${folder.at("disk")}; cat ${folder.at("disk")}/out.jsonl
    `;
    const { stdout, stderr } = await runProcess([...unshare, script]);
    expect(stdout).toBe("exit 3\nout.jsonl\nold\n");
    expect(stderr).toMatch(/^palimpsest: ENOSPC[^\n]*; free some space[^\n]*\n$/);
  });
});

it("keeps the tests' environment clean", () => {
  expect(Object.keys(cleanEnv()).filter((name) => name.startsWith("PALIMPSEST_"))).toEqual([]);
});

describe.skipIf(!existsSync("/dev/full"))("an output that takes nothing", () => {
  it.each(["export", "stats", "--help"])("%s says so in one line", async (task) => {
    writeFileSync(folder.at("one.jsonl"), '{"id":"a","text":"b"}\n');
    const store = ["sqlite:", folder.at("one.db")].join("");
    await runCli(["import", folder.at("one.jsonl"), "--to", store]);
    const run = [...command, task, ...(task === "--help" ? [] : ["--store", store])];
    const script = `${run.map((part) => `'${part}'`).join(" ")} > /dev/full`;
    const { code, stderr } = await runProcess(["sh", "-c", script]);
    expect(stderr).toMatch(/^palimpsest: ENOSPC[^\n]*; free some space[^\n]*\n$/);
    expect(code).toBe(3);
  });
});
