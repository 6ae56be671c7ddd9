import { SeededRandom } from "@palimpsest/core/faults";
import { type CallContext, hedge, type HedgePolicy } from "@palimpsest/resilience";
import { quantile } from "../report.ts";
import { pass, simulate } from "./simulated-time.ts";

const calls = 20_000;
/** Milliseconds between two calls. */
const gap = 40;
const seed = 6;

export interface HedgeFigures {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Calls beyond one per request, as a part of the requests. */
  readonly extraCalls: number;
}

/** Milliseconds. A deployment decides how long the first token takes, the request how long the output is. */
interface Provider {
  readonly firstToken: (random: SeededRandom) => number;
  readonly output: (random: SeededRandom) => number;
}

/** First tokens at a median of 1.5 s; three in a hundred stall for eight times as long. */
const stalling: Provider = {
  firstToken: (random) => logNormal(random, 1_500, 0.5) * (random.chance(0.03) ? 8 : 1),
  output: () => 0,
};

/** First tokens after 400 ms, give or take a tenth; three outputs in a hundred are eight times as long. */
const longOutput: Provider = {
  firstToken: (random) => 400 * (0.9 + random.next() * 0.2),
  output: (random) => logNormal(random, 1_100, 0.5) * (random.chance(0.03) ? 8 : 1),
};

/** By Box and Muller. */
function logNormal(random: SeededRandom, middle: number, sigma: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return middle * Math.exp(sigma * radius * Math.cos(2 * Math.PI * random.next()));
}

/** Tail and load of hedging, against the same calls without it. */
export async function hedgeSimulation(): Promise<{
  readonly plain: HedgeFigures;
  readonly hedged: HedgeFigures;
  readonly longOutputPlain: HedgeFigures;
  readonly longOutputHedged: HedgeFigures;
  readonly longOutputHedgedOnTotal: HedgeFigures;
}> {
  return {
    plain: await measure({ provider: stalling }),
    hedged: await measure({ provider: stalling, policy: hedge }),
    longOutputPlain: await measure({ provider: longOutput }),
    longOutputHedged: await measure({ provider: longOutput, policy: hedge }),
    longOutputHedgedOnTotal: await measure({
      provider: longOutput,
      policy: hedge,
      tellsTokens: false,
    }),
  };
}

interface Scenario {
  readonly provider: Provider;
  readonly policy?: () => HedgePolicy;
  /** @defaultValue true; false is hedging on the whole duration */
  readonly tellsTokens?: boolean;
}

type Upstream = Pick<CallContext, "hedge" | "onToken"> & { readonly signal?: AbortSignal };

async function measure({ provider, policy, tellsTokens = true }: Scenario): Promise<HedgeFigures> {
  return simulate(async () => {
    const hedging = policy?.();
    const random = new SeededRandom(seed);
    const latencies: number[] = [];
    let made = 0;
    const request = async (): Promise<void> => {
      // Drawn for both deployments in any case, so that all runs see the same courses.
      const firstTokens = [provider.firstToken(random), provider.firstToken(random)];
      const output = provider.output(random);
      const start = Date.now();
      const call = async ({ hedge: deployment, signal, onToken }: Upstream): Promise<void> => {
        made += 1;
        await pass(firstTokens[deployment] ?? Infinity, signal);
        if (tellsTokens) onToken();
        if (output > 0) await pass(output, signal);
      };
      await (hedging ? hedging.execute(call) : call({ hedge: 0, onToken: () => {} }));
      latencies.push(Date.now() - start);
    };
    const requests: Promise<void>[] = [];
    for (let index = 0; index < calls; index++) {
      requests.push(request());
      await pass(gap);
    }
    await Promise.all(requests);
    const at = (q: number): number => Math.round(quantile(latencies, q));
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99), extraCalls: made / calls - 1 };
  });
}
