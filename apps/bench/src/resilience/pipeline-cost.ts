import OpossumBreaker from "opossum";
import { interleave, median } from "../report.ts";
import { cockatielWrap, ourPipeline } from "./full-pipelines.ts";

const rounds = 41;
const calls = 2_000;

const answer = async (): Promise<number> => 1;

/** As a client does, which hands it on. */
const read = async ({ signal }: { readonly signal: AbortSignal }): Promise<number> =>
  signal.aborted ? 0 : 1;

/** Nanoseconds of one successful call through everything, beside the peers' and a plain one. */
export async function pipelineCost(): Promise<{
  readonly ours: number;
  readonly oursWithCeilings: number;
  readonly oursSignalRead: number;
  readonly plain: number;
  readonly cockatielWrap5: number;
  readonly cockatielWrap5SignalRead: number;
  readonly cockatielWrap5AbortOnReturnFalse: number;
  readonly opossumDefault: number;
}> {
  const ours = ourPipeline();
  const withCeilings = ourPipeline({ calls: 10, cost: 1, time: 60_000 });
  const wrap5 = cockatielWrap();
  const gentle = cockatielWrap(false);
  const opossum = new OpossumBreaker(answer);
  const times = await interleave(rounds, {
    plain: () => repeat(answer),
    ours: () => repeat(() => ours.execute(answer)),
    oursWithCeilings: () => repeat(() => withCeilings.execute(answer)),
    oursSignalRead: () => repeat(() => ours.execute(read)),
    cockatielWrap5: () => repeat(() => wrap5.execute(answer)),
    cockatielWrap5SignalRead: () => repeat(() => wrap5.execute(read)),
    cockatielWrap5AbortOnReturnFalse: () => repeat(() => gentle.execute(answer)),
    opossumDefault: () => repeat(() => opossum.fire()),
  });
  opossum.shutdown();
  const nanoseconds = (name: keyof typeof times): number =>
    Math.round((median(times[name]) / calls) * 1e6);
  return {
    ours: nanoseconds("ours"),
    oursWithCeilings: nanoseconds("oursWithCeilings"),
    plain: nanoseconds("plain"),
    oursSignalRead: nanoseconds("oursSignalRead"),
    cockatielWrap5: nanoseconds("cockatielWrap5"),
    cockatielWrap5SignalRead: nanoseconds("cockatielWrap5SignalRead"),
    cockatielWrap5AbortOnReturnFalse: nanoseconds("cockatielWrap5AbortOnReturnFalse"),
    opossumDefault: nanoseconds("opossumDefault"),
  };
}

async function repeat(call: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < calls; index++) await call();
}
