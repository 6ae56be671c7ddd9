import { isPalimpsestError, PalimpsestError, type PalimpsestErrorCode } from "@palimpsest/core";

type Failure = readonly [code: PalimpsestErrorCode, problem: string];

/** SQLSTATEs raised by this driver's own function `refuse`. */
export const refusals: { readonly fenced: "PM001"; readonly collision: "PM002" } = {
  fenced: "PM001",
  collision: "PM002",
};

const missingExtension: Failure = [
  "E_UNSUPPORTED",
  "has no pgvector; install the extension `vector` 0.5 or later on the server",
];

const bySqlState: Readonly<Record<string, Failure>> = {
  "0A000": ["E_UNSUPPORTED", "refused the statement as unsupported; check the server's version"],
  "25006": ["E_READ_ONLY", "is read-only; connect to the primary server"],
  "28000": ["E_UNAVAILABLE", "refused the login; check user, password and pg_hba.conf"],
  "28P01": ["E_UNAVAILABLE", "refused the login; check user and password"],
  "3D000": ["E_NOT_FOUND", "does not exist on the server; create the database or check its name"],
  "40001": ["E_LOCKED", "kept conflicting with other transactions; repeat the call"],
  "40P01": ["E_LOCKED", "kept deadlocking with other transactions; repeat the call"],
  "42501": ["E_READ_ONLY", "denies this to the user; grant the privilege or use another user"],
  "42704": missingExtension,
  "42P01": ["E_NOT_FOUND", "has this store or vector index no more; it was dropped, open it again"],
  "3F000": ["E_NOT_FOUND", "has this store no more; its schema was dropped, open it again"],
  "42P07": ["E_UNSUPPORTED", "holds tables of another application; choose another schema"],
  "53100": ["E_FULL", "has no disk space left; free some and repeat the call"],
  "53200": ["E_UNAVAILABLE", "is out of memory; repeat the call later"],
  "53300": ["E_UNAVAILABLE", "has no connection left; lower `max` or raise max_connections"],
  "54000": ["E_UNSUPPORTED", "refused a value beyond the server's limits"],
  "55P03": ["E_LOCKED", "is locked by another transaction; repeat the call"],
  "57014": ["E_UNAVAILABLE", "stopped the statement at its time limit; raise `statementTimeout`"],
  "58030": ["E_UNAVAILABLE", "cannot read or write its files; check the server's disk"],
  "58P01": missingExtension,
};

/** By the first two characters of an SQLSTATE. */
const byClass: Readonly<Record<string, Failure>> = {
  "08": ["E_UNAVAILABLE", "lost the connection; check the server and repeat the call"],
  "57": ["E_UNAVAILABLE", "is starting, stopping or restarting; repeat the call later"],
  XX: ["E_CORRUPT", "reports damaged data; check the server's log and restore from a backup"],
};

const unreachable: Failure = [
  "E_UNAVAILABLE",
  "cannot be reached; check the address and that the server is running",
];
const networkCode = /^(E[A-Z]+|CERT_\w+|ERR_\w+|\w+_CERT\w*|SELF_SIGNED\w*)$/;
const networkMessage =
  /Connection terminated|timeout exceeded when trying to connect|SSL|Connection ended|connection error|not queryable/i;

/** The one place that turns what a PostgreSQL client throws into a `PalimpsestError` naming the server. */
export function toPalimpsestError(error: unknown, label: string): unknown {
  if (isPalimpsestError(error) || !(error instanceof Error)) return error;
  const state = sqlState(error);
  const failure = state === undefined ? connectionFailure(error) : serverFailure(state);
  if (state === refusals.fenced || state === refusals.collision) return refusal(error, state);
  if (failure === undefined) return error;
  return new PalimpsestError(failure[0], `${label} ${failure[1]}`, { cause: withoutData(error) });
}

function serverFailure(state: string): Failure | undefined {
  return bySqlState[state] ?? byClass[state.slice(0, 2)];
}

function connectionFailure(error: Error): Failure | undefined {
  const code = "code" in error ? String(error.code) : "";
  if (networkCode.test(code) || networkMessage.test(error.message)) return unreachable;
  return error instanceof AggregateError ? unreachable : undefined;
}

function refusal(error: Error, state: string): PalimpsestError {
  const cause = withoutData(error);
  return state === refusals.fenced
    ? new PalimpsestError(
        "E_FENCED",
        `${error.message}; the record was written under a higher epoch, read the fence again`,
        { cause },
      )
    : new PalimpsestError(
        "E_REVISION_COLLISION",
        `${error.message} has this revision with other content; find out who writes past the contract`,
        { cause },
      );
}

/** Errors of the server quote rows and parameters in these fields. */
function withoutData(error: Error): Error {
  for (const field of ["detail", "where", "internalQuery", "query", "params"]) {
    if (field in error) Reflect.set(error, field, undefined);
  }
  return error;
}

/** Only errors of the server itself have a severity. */
function sqlState(error: Error): string | undefined {
  return "code" in error && "severity" in error ? String(error.code) : undefined;
}

/** Whether the transaction lost against another one and was rolled back, so that it may run again. */
export function isConflictOfTransactions(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const state = sqlState(error);
  return state === "40001" || state === "40P01";
}
