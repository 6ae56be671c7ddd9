import { parseArgs } from "node:util";
import { isPalimpsestError } from "@palimpsest/core";
import type { BenchReport } from "./report.ts";

interface BenchOptions {
  /** Path of a LoCoMo file, for the benchmarks that can use one. */
  readonly locomo?: string;
  /** Path of a JSON file, for the benchmarks that measure somebody's own data. */
  readonly data?: string;
}

type Bench = (options: BenchOptions) => Promise<BenchReport>;

// Imported when asked for: one benchmark must not load the libraries of another.
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  compat: async () => (await import("./compat/compat-bench.ts")).compatBench,
  store: async () => (await import("./store/store-bench.ts")).storeBench,
  cache: async () => (await import("./cache/cache-bench.ts")).cacheBench,
  drivers: async () => (await import("./drivers/drivers-bench.ts")).driversBench,
  optimizer: async () => (await import("./optimizer/optimizer-bench.ts")).optimizerBench,
  resilience: async () => (await import("./resilience/resilience-bench.ts")).resilienceBench,
  workload: async () => (await import("./workload/workload-bench.ts")).workloadBench,
  "token-estimates": async () => (await import("./optimizer/token-estimates.ts")).tokenEstimates,
  "hash-dimension": async () => (await import("./hash-dimension/hash-dimension.ts")).hashDimension,
};

const usage = `usage: npm run --silent bench -- <${Object.keys(benches).join(" | ")}> [--json] [--data <file>] [--locomo <file>]`;

/** @returns the exit code: 1 when a goal does not hold, 2 for wrong usage */
async function main(args: readonly string[]): Promise<number> {
  const parsed = parse(args);
  const [name, ...rest] = parsed?.positionals ?? [];
  // The child process of the memory measurement.
  if (name === "resident") return printResident(rest[0] ?? "", Number(rest[1]));
  // One process of several that share a cache.
  if (name === "cache-child") return (await import("./cache/cache-child.ts")).runChild(rest);
  const load = name === undefined || !Object.hasOwn(benches, name) ? undefined : benches[name];
  if (parsed === undefined || load === undefined) {
    console.error(usage);
    return 2;
  }
  const bench = await load();
  const { json, ...options } = parsed.values;
  const report = await bench(options);
  console.log(json ? JSON.stringify(report) : table(report));
  return report.goals.every(({ holds }) => holds) ? 0 : 1;
}

function parse(args: readonly string[]) {
  try {
    const options = {
      json: { type: "boolean", default: false },
      locomo: { type: "string" },
      data: { type: "string" },
    } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return undefined;
  }
}

async function printResident(path: string, dimension: number): Promise<number> {
  const { measureResident } = await import("./store/memory-use.ts");
  console.log(await measureResident(path, dimension));
  return 0;
}

function table({ goals, peers, notes = [] }: BenchReport): string {
  const bounds = goals.map(({ id, value, atMost, atLeast, holds }) => {
    const bound = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
    return `  ${holds ? "holds" : "FAILS"}  ${id.padEnd(28)}${String(value).padStart(10)}   ${bound}`;
  });
  const rows = Object.entries(peers).map(
    ([name, figures]) =>
      `  ${name.padEnd(28)}${Object.entries(figures)
        .map(([key, value]) => `${key} ${value}`)
        .join(", ")}`,
  );
  const remarks = notes.map((note) => `  ${note}`);
  return ["goals", ...bounds, "side by side", ...rows, ...remarks].join("\n");
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!isPalimpsestError(error, "E_INVALID_INPUT")) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
