import { pipeline, retry, RetryBudget } from "@palimpsest/resilience";
import { handleAll, retry as cockatielRetry } from "cockatiel";
import { pass, simulate } from "./simulated-time.ts";

const seconds = 120;
const requestsPerSecond = 50;

type Execute = (run: () => Promise<never>) => Promise<unknown>;

/** Calls per request while the upstream fails every one, two minutes at fifty requests a second. */
export async function outageLoad(): Promise<{
  readonly ours: number;
  readonly oursThreeLayers: number;
  readonly cockatiel: number;
  readonly cockatielThreeLayers: number;
}> {
  return {
    ours: await load(ourLayers(1)),
    oursThreeLayers: await load(ourLayers(3)),
    cockatiel: await load(cockatielLayers(1)),
    cockatielThreeLayers: await load(cockatielLayers(3)),
  };
}

/** Three retries each, as the peer has; the budget is shared, as one client's layers would. */
function ourLayers(layers: number): () => Execute {
  return () => {
    const budget = new RetryBudget();
    return nested(layers, () => pipeline({ retry: retry({ attempts: 4, budget }) }));
  };
}

function cockatielLayers(layers: number): () => Execute {
  return () => nested(layers, () => cockatielRetry(handleAll, { maxAttempts: 3 }));
}

interface Retries {
  execute(run: () => Promise<never>): Promise<never>;
}

/** An SDK that retries, within a router that retries, within an application that retries. */
function nested(layers: number, create: () => Retries): Execute {
  const policies = Array.from({ length: layers }, create);
  return (run) =>
    policies.reduce<() => Promise<never>>((inner, policy) => () => policy.execute(inner), run)();
}

async function load(create: () => Execute): Promise<number> {
  return simulate(async () => {
    const execute = create();
    let calls = 0;
    const failing = async (): Promise<never> => {
      calls += 1;
      await pass(200);
      throw Object.assign(new Error("HTTP 500"), { statusCode: 500 });
    };
    const requests: Promise<unknown>[] = [];
    for (let request = 0; request < seconds * requestsPerSecond; request++) {
      requests.push(execute(failing).catch(() => {}));
      await pass(1_000 / requestsPerSecond);
    }
    await Promise.all(requests);
    return calls / requests.length;
  });
}
