import { isPalimpsestError, PalimpsestError, type PalimpsestErrorCode } from "@palimpsest/core";

type Failure = readonly [code: PalimpsestErrorCode, problem: string];

const unauthorised: Failure = [
  "E_CONFIG",
  "refused the credentials or denies this command; check user, password and ACL",
];

/** By the first word of the server's answer. */
const failures: Readonly<Record<string, Failure>> = {
  NOAUTH: unauthorised,
  WRONGPASS: unauthorised,
  NOPERM: unauthorised,
  OOM: ["E_FULL", "has no memory left; raise maxmemory or set a ttl on what may go"],
  READONLY: ["E_READ_ONLY", "is a replica; connect to its primary"],
  MISCONF: ["E_UNAVAILABLE", "cannot save its data and refuses writes; check the server's disk"],
  WRONGTYPE: [
    "E_CORRUPT",
    "holds another kind of value under this key; choose another `prefix` than the other application",
  ],
};

const unreachable: Failure = [
  "E_UNAVAILABLE",
  "cannot be reached or broke off; a write may or may not have happened. Check the server and repeat the call",
];

/** The one place that turns what the client throws into a `PalimpsestError` naming the server. */
export function toPalimpsestError(error: unknown, label: string): unknown {
  if (isPalimpsestError(error) || !(error instanceof Error)) return error;
  const [code, problem] = error.name === "ReplyError" ? refusal(error) : unreachable;
  return new PalimpsestError(code, `${label} ${problem}`, { cause: withoutData(error) });
}

function refusal(error: Error): Failure {
  const [word = ""] = error.message.split(" ", 1);
  return (
    failures[word] ?? ["E_UNAVAILABLE", "refused the command; see the cause and the server's log"]
  );
}

/** The client notes the command that failed, with its arguments: values, or a password. */
function withoutData(error: Error): Error {
  Reflect.deleteProperty(error, "command");
  return error;
}
