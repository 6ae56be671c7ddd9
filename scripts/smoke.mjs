// Packs every package, installs the tarballs with npm in an empty folder, and imports every entry point there.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "palimpsest-smoke-"));
const packages = readdirSync(join(root, "packages")).map((name) => {
  const path = join(root, "packages", name);
  return { path, manifest: JSON.parse(readFileSync(join(path, "package.json"), "utf8")) };
});
// Needed by some entry points only, and never installed by a user who does not ask for them.
const optionalPeers = ["vitest", "fast-check"];
// An entry point whose only job is to adapt a library; the version is the one that its package is tested with.
const adapters = { "@palimpsest/resilience/opossum": "opossum" };
const results = [];

function attempt(name, action) {
  try {
    action();
    results.push(true);
    console.log(`ok   ${name}`);
  } catch (error) {
    results.push(false);
    console.log(`FAIL ${name}\n${error.stderr ?? error.stack}`);
  }
}

function run(command, ...args) {
  return execFileSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function entryPoints({ name, exports }) {
  return Object.keys(exports)
    .filter((path) => path !== "./package.json")
    .map((path) => name + path.slice(1));
}

function importIn(specifier, before = "") {
  return run(
    "node",
    "--input-type=module",
    "--eval",
    `${before} await import(${JSON.stringify(specifier)});`,
  );
}

try {
  for (const { path } of packages) {
    execFileSync("pnpm", ["pack", "--pack-destination", folder], { cwd: path, stdio: "ignore" });
  }
  const tarballs = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  attempt(`npm install of ${tarballs.length} tarballs`, () =>
    run(
      "npm",
      "install",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      ...tarballs.map((name) => `./${name}`),
    ),
  );

  const plain = packages.filter(({ manifest }) => !needsMetadata(manifest));
  for (const entry of plain.flatMap(({ manifest }) => entryPoints(manifest))) {
    if (entry.endsWith("/testing") || entry in adapters) continue;
    attempt(`import ${entry}`, () => importIn(entry));
  }
  attempt("npx palimpsest --version", () => run("npx", "palimpsest", "--version"));

  attempt("npm install of the optional peers", () =>
    run(
      "npm",
      "install",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      "reflect-metadata@0.2.2",
      "tsyringe@4.10.0",
      ...optionalPeers.map(pinned),
      ...Object.entries(adapters).map(testedWith),
    ),
  );
  for (const entry of packages.flatMap(({ manifest }) => entryPoints(manifest))) {
    attempt(`import ${entry} with a container`, () =>
      importIn(entry, 'await import("reflect-metadata");'),
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function needsMetadata({ dependencies = {} }) {
  return "tsyringe" in dependencies || "@palimpsest/container" in dependencies;
}

function pinned(name) {
  const catalog = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
  return `${name}@${new RegExp(`^  ${name}: (\\S+)$`, "m").exec(catalog)[1]}`;
}

function testedWith([entry, library]) {
  const { manifest } = packages.find(({ manifest: { name } }) => entry.startsWith(`${name}/`));
  return `${library}@${manifest.devDependencies[library]}`;
}

const failed = results.filter((ok) => !ok).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
