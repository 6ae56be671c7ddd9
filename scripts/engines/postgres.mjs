import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { chown, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findProgram, isExecutable, output, run } from "./commands.mjs";
import { aptInstall } from "./debian.mjs";
import { installPgvector } from "./pgvector.mjs";
import { freePort, startServer } from "./server-process.mjs";

const host = "127.0.0.1";
const account = "palimpsest";

export const postgres = {
  name: "postgres",
  urlVariables: ["POSTGRES_URL"],
  needs: "the PostgreSQL server with the pgvector extension",
  isInstalled: () => binaries().some(hasPgvector),
  async install() {
    if (binaries().length === 0) await aptInstall("postgresql");
    const [newest] = binaries();
    if (!hasPgvector(newest)) await installPgvector(newest);
  },
  async start(folder, signal) {
    const programs = binaries().find(hasPgvector);
    const user = unprivileged();
    const password = randomBytes(12).toString("hex");
    const data = join(folder, "data");
    if (user) await chown(folder, user.uid, user.gid);
    await createCluster({ programs, folder, data, user, password });
    const port = await freePort();
    const settings = [
      "-p",
      `${port}`,
      "-c",
      `listen_addresses=${host}`,
      "-c",
      "unix_socket_directories=",
    ];
    const { pid, stop } = await startServer({
      command: [join(programs, "postgres"), "-D", data, ...settings],
      folder,
      user,
      signal,
      // The polite signal waits for every client to leave; this one closes their connections.
      stopSignal: "SIGINT",
      ready: () =>
        output(join(programs, "pg_isready"), ["-q", "-h", host, "-p", `${port}`]) !== undefined,
    });
    return { url: `postgres://${account}:${password}@${host}:${port}/postgres`, pid, stop };
  },
};

async function createCluster({ programs, folder, data, user, password }) {
  const secret = join(folder, "password");
  await writeFile(secret, password, { mode: 0o600 });
  await mkdir(data, { mode: 0o700 });
  if (user) await Promise.all([secret, data].map((path) => chown(path, user.uid, user.gid)));
  const locale = process.platform === "linux" ? ["--locale=C.UTF-8"] : [];
  const access = ["-U", account, "-A", "scram-sha-256", `--pwfile=${secret}`];
  const cluster = ["-D", data, "--encoding=UTF8", ...locale, ...access, "--no-sync"];
  await run(join(programs, "initdb"), cluster, { cwd: folder, quiet: true, ...user });
  await rm(secret);
}

/** Folders with a server's programs: the one on PATH, then Debian's, newest first. */
function binaries() {
  const debian = "/usr/lib/postgresql";
  const onPath = findProgram("postgres");
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const folders = versions
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(debian, version, "bin"));
  const found = onPath ? [dirname(realpathSync(onPath)), ...folders] : folders;
  return found.filter((folder) => isExecutable(join(folder, "postgres")));
}

function hasPgvector(programs) {
  const shared = output(join(programs, "pg_config"), ["--sharedir"]);
  return shared !== undefined && existsSync(join(shared, "extension/vector.control"));
}

/** PostgreSQL refuses to run as root: its own account then, which its package brings. */
function unprivileged() {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = ["-u", "-g"].map((flag) => output("id", [flag, "postgres"]));
  if (uid === undefined)
    throw new Error("postgres refuses root, and there is no account named postgres");
  return { uid: Number(uid), gid: Number(gid) };
}
