import { isPalimpsestError, PalimpsestError, type PalimpsestErrorCode } from "@palimpsest/core";
import {
  MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoParseError,
  MongoServerError,
  MongoServerSelectionError,
  MongoWriteConcernError,
} from "mongodb";

interface Failure {
  readonly code: PalimpsestErrorCode;
  readonly problem: string;
}

const unreachable: Failure = {
  code: "E_UNAVAILABLE",
  problem: "cannot be reached; check that it runs and that the address is right",
};
const interrupted: Failure = {
  code: "E_UNAVAILABLE",
  problem:
    "broke the connection during the call; what was being written may or may not have been, repeat the call",
};
const unconfirmed: Failure = {
  code: "E_UNAVAILABLE",
  problem:
    "did not confirm the write on a majority of its members; it may have been written, repeat the call when they are back",
};
const unauthorised: Failure = {
  code: "E_CONFIG",
  problem: "refused the credentials or denies this operation; check user, password and roles",
};
const transient: Failure = {
  code: "E_UNAVAILABLE",
  problem: "is changing its primary, shutting down or too slow; repeat the call",
};

/** Server error codes: https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml */
const byCode: ReadonlyMap<number, Failure> = new Map([
  ...[13, 18, 8000].map((code) => [code, unauthorised] as const),
  ...[50, 89, 91, 189, 262, 10107, 11600, 11602, 13435, 13436].map(
    (code) => [code, transient] as const,
  ),
  [64, unconfirmed],
  [73, { code: "E_CONFIG", problem: "does not allow this database or collection name" }],
  [20, { code: "E_UNSUPPORTED", problem: "cannot do this; see the driver's README for versions" }],
  [59, { code: "E_UNSUPPORTED", problem: "lacks a command that the driver needs" }],
  [14031, { code: "E_FULL", problem: "has no disk space left; free some and repeat the call" }],
  [10334, { code: "E_INVALID_INPUT", problem: "refused a document as too large" }],
]);

/** The one place that turns what the client throws into a `PalimpsestError` naming the server. */
export function toPalimpsestError(error: unknown, server: string): unknown {
  if (isPalimpsestError(error) || !(error instanceof Error)) return error;
  if (error instanceof MongoParseError) return malformedAddress();
  const failure = error instanceof MongoError ? failureOf(error) : systemFailure(error);
  if (failure === undefined) return error;
  return new PalimpsestError(failure.code, `MongoDB at ${server} ${failure.problem}`, {
    cause: error,
  });
}

export function malformedAddress(): PalimpsestError {
  return new PalimpsestError(
    "E_CONFIG",
    "the MongoDB address is malformed; write mongodb://user:password@host:27017/database with special characters percent-encoded",
  );
}

/** A name server's answer about a `mongodb+srv` host, for example. */
function systemFailure(error: Error): Failure | undefined {
  return "syscall" in error ? unreachable : undefined;
}

function failureOf(error: MongoError): Failure {
  if (error instanceof MongoServerSelectionError) return selectionFailure(error);
  if (error instanceof MongoWriteConcernError) return unconfirmed;
  if (error instanceof MongoNetworkError) return interrupted;
  const known = typeof error.code === "number" ? byCode.get(error.code) : undefined;
  if (known !== undefined) return known;
  if (error.hasErrorLabel("RetryableWriteError")) return transient;
  if (error instanceof MongoServerError) {
    return {
      code: "E_UNAVAILABLE",
      problem: `refused the operation (code ${error.code ?? "none"})`,
    };
  }
  return { code: "E_UNAVAILABLE", problem: `could not be used (${error.name})` };
}

function selectionFailure(error: MongoServerSelectionError): Failure {
  const old = /wire version/.test(error.message);
  if (!old) return unreachable;
  return {
    code: "E_UNSUPPORTED",
    problem: "is of a version that this client does not support; MongoDB 4.4 or newer is needed",
  };
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11_000;
}

/**
 * Which operations of an unordered bulk met another record under their key.
 * @throws the error itself when anything else went wrong
 */
export function refusedOperations(error: unknown): number[] {
  if (!(error instanceof MongoBulkWriteError)) throw error;
  const failures = [error.writeErrors].flat();
  if (failures.length === 0 || failures.some(({ code }) => code !== 11_000)) throw error;
  if (error.result.getWriteConcernError() !== undefined) throw error;
  return failures.map(({ index }) => index);
}

/** Hosts and database of an address, without its credentials and options. */
export function serverName(hosts: readonly string[], database: string): string {
  return `${hosts.join(",")}/${database}`;
}
