// Packages from Debian, through the machine's own apt and its own sources.
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram, output, run, runAsRoot } from "./commands.mjs";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
let updated;

export async function aptInstall(...packages) {
  if (findProgram("apt-get") === undefined) {
    throw new Error(
      `no apt-get here: install it your own way (Debian's packages: ${packages.join(", ")})`,
    );
  }
  updated ??= runAsRoot("apt-get", ["update", "-qq"]);
  await updated;
  const install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages];
  await runAsRoot("env", ["DEBIAN_FRONTEND=noninteractive", ...install]);
}

export function hasPackage(name) {
  return /Candidate: (?!\(none\))/.test(output("apt-cache", ["policy", name]) ?? "");
}

/** Downloads the upstream source of a package from another Debian release; nothing on the machine changes. */
export async function downloadSource(name, release, folder) {
  const lists = join(folder, "apt");
  for (const part of ["parts", "lists/partial", "cache/archives/partial"]) {
    await mkdir(join(lists, part), { recursive: true });
  }
  const trust = existsSync(keyring) ? ` [signed-by=${keyring}]` : "";
  await writeFile(join(lists, "sources.list"), `deb-src${trust} ${archive()} ${release} main\n`);
  const settings = {
    "Dir::Etc::sourcelist": join(lists, "sources.list"),
    "Dir::Etc::sourceparts": join(lists, "parts"),
    "Dir::State::lists": join(lists, "lists"),
    "Dir::Cache": join(lists, "cache"),
    "APT::Sandbox::User": "root",
  };
  const config = Object.entries(settings).map(([key, value]) => `${key} "${value}";\n`);
  await writeFile(join(lists, "apt.conf"), config.join(""));
  const options = { cwd: folder, env: { ...process.env, APT_CONFIG: join(lists, "apt.conf") } };
  await run("apt-get", ["update", "-qq"], options);
  await run("apt-get", ["source", "-qq", "--download-only", name], options);
  await rm(lists, { recursive: true });
}

/** Where this machine gets Debian's own packages from. */
function archive() {
  const format = "$(REPO_URI) $(LABEL)";
  const listed =
    output("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]) ?? "";
  const line = listed.split("\n").find((entry) => entry.endsWith(" Debian"));
  if (line === undefined)
    throw new Error("apt has no source for Debian's packages on this machine");
  return line.slice(0, line.indexOf(" "));
}
