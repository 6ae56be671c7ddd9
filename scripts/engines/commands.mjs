// Finding and running the programs that install and prepare servers.
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export const root = join(import.meta.dirname, "../..");
export const cache = join(root, "node_modules/.cache/palimpsest-engines");

/** The path of a program on PATH. */
export function findProgram(name) {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What a command prints, or undefined when it fails. */
export function output(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** Runs a command to its end; what it prints goes to stderr, or with `quiet` into the error's cause. */
export function run(command, args, { quiet = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = quiet ? ["ignore", "pipe", "pipe"] : ["ignore", process.stderr, process.stderr];
    const child = spawn(command, args, { stdio, ...options });
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (part) => (printed += part));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) return resolve();
      const ended = `${command} ended with ${signal ?? `code ${code}`}`;
      return reject(new Error(ended, { cause: printed.trim() }));
    });
  });
}

/** The same with the rights to change the system. */
export function runAsRoot(command, args, options) {
  return process.getuid?.() === 0
    ? run(command, args, options)
    : run("sudo", [command, ...args], options);
}
