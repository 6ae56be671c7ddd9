import { hash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { PalimpsestError } from "@palimpsest/core";

export interface TempFolder extends Disposable {
  readonly path: string;
}

const active = new Set<string>();
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * A private folder (mode 0700) under the system's temporary folder. Removed on dispose, on exit,
 * and on a signal that nobody else handles; one left by a killed process is removed by the next.
 */
export function createTempFolder(): TempFolder {
  const prefix = `palimpsest-import-${hash("sha256", hostname(), "hex").slice(0, 8)}-`;
  removeAbandoned(prefix);
  const path = makeFolder(`${prefix}${process.pid}-`);
  if (active.size === 0) listen();
  active.add(path);
  return {
    path,
    [Symbol.dispose](): void {
      remove(path);
      if (active.delete(path) && active.size === 0) unlisten();
    },
  };
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

function removeActive(): void {
  for (const path of active) remove(path);
}

/** An application that handles the signal itself decides; it disposes, or exits. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeActive();
  unlisten();
  process.kill(process.pid, signal);
}

function listen(): void {
  process.on("exit", removeActive);
  for (const signal of signals) process.on(signal, onSignal);
}

function unlisten(): void {
  process.off("exit", removeActive);
  for (const signal of signals) process.off(signal, onSignal);
}

function makeFolder(prefix: string): string {
  try {
    return mkdtempSync(join(tmpdir(), prefix));
  } catch (cause) {
    throw tempFolderError(cause);
  }
}

/** The error for a temporary folder that cannot take a file. */
export function tempFolderError(cause: unknown): PalimpsestError {
  const full = isFull(cause);
  return new PalimpsestError(
    full ? "E_FULL" : "E_UNAVAILABLE",
    `the temporary folder ${tmpdir()} ${full ? "is full" : "cannot be written"}; point TMPDIR to a folder with room for two copies of the source`,
    { cause },
  );
}

const sqliteFull = 13;

function isFull(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  if ("errcode" in cause && cause.errcode === sqliteFull) return true;
  return "code" in cause && (cause.code === "ENOSPC" || cause.code === "EDQUOT");
}

function removeAbandoned(prefix: string): void {
  for (const name of namesIn(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split("-")[0]) : 0;
    if (pid > 0 && !isRunning(pid)) removeIfOurs(join(tmpdir(), name));
  }
}

/** Another user's folder stays: only they and root may remove it. */
function removeIfOurs(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.uid === process.geteuid?.()) remove(path);
}

function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (cause) {
    throw tempFolderError(cause);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
