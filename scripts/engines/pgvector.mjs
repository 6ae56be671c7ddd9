// pgvector where the distribution has no package of it: built from the source package of a newer Debian.
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cache, output, run, runAsRoot } from "./commands.mjs";
import { aptInstall, downloadSource, hasPackage } from "./debian.mjs";

const release = "trixie";

/** @param {string} programs the folder of the server's programs */
export async function installPgvector(programs) {
  const config = join(programs, "pg_config");
  const major = /(\d+)/.exec(output(config, ["--version"]) ?? "")?.[1];
  const packaged = `postgresql-${major}-pgvector`;
  if (hasPackage(packaged)) return aptInstall(packaged);
  await aptInstall("build-essential", `postgresql-server-dev-${major}`);
  const source = join(cache, "pgvector");
  await fetchSource(source);
  // No OPTFLAGS: the default builds for this processor only. No bitcode: nothing here inlines it.
  const flags = ["OPTFLAGS=", "with_llvm=no", `PG_CONFIG=${config}`];
  await run("make", ["-s", "-C", join(source, "source"), "clean", "all", ...flags]);
  return runAsRoot("make", ["-s", "-C", join(source, "source"), "install", ...flags]);
}

async function fetchSource(folder) {
  const sources = join(folder, "source");
  if (existsSync(join(sources, "Makefile"))) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(sources, { recursive: true });
  await downloadSource("pgvector", release, folder);
  const archive = (await readdir(folder)).find((name) => name.includes(".orig.tar."));
  if (archive === undefined)
    throw new Error(`Debian ${release} gave no source archive of pgvector`);
  await run("tar", ["-xf", join(folder, archive), "-C", sources, "--strip-components=1"]);
}
