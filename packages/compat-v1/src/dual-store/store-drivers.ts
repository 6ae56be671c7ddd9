import { PalimpsestError } from "@palimpsest/core";

export type PrimaryDriver = "mongodb" | "postgresql" | "sqlite" | "memory";
export type VectorDriver = "chromadb" | "postgresql" | "sqlite" | "memory";

interface Kind<Driver extends string> {
  readonly what: string;
  readonly drivers: readonly Driver[];
  readonly spellings: Readonly<Record<string, Driver>>;
  readonly misplaced: Readonly<Record<string, string>>;
}

const primary: Kind<PrimaryDriver> = {
  what: "driver of documents",
  drivers: ["mongodb", "postgresql", "sqlite", "memory"],
  spellings: { mongo: "mongodb", postgres: "postgresql", pg: "postgresql" },
  misplaced: {
    chromadb: "keeps vectors only",
    chroma: "keeps vectors only",
    pinecone: "keeps vectors only",
    qdrant: "keeps vectors only",
  },
};

const vector: Kind<VectorDriver> = {
  what: "driver of vectors",
  drivers: ["chromadb", "postgresql", "sqlite", "memory"],
  spellings: {
    chroma: "chromadb",
    postgres: "postgresql",
    pg: "postgresql",
    pgvector: "postgresql",
  },
  misplaced: { mongodb: "keeps no vectors", mongo: "keeps no vectors" },
};

const planned: ReadonlySet<string> = new Set(["pinecone", "qdrant"]);

/** @param at - what named it. @throws `E_CONFIG`, `E_UNSUPPORTED` for a driver of a later version */
export function primaryDriver(name: string, at: string): PrimaryDriver {
  return known(primary, name, at);
}

/** @throws as `primaryDriver` */
export function vectorDriver(name: string, at: string): VectorDriver {
  return known(vector, name, at);
}

function known<Driver extends string>(kind: Kind<Driver>, name: string, at: string): Driver {
  const lowerCase = name.trim().toLowerCase();
  const { drivers, spellings, misplaced, what } = kind;
  const found = drivers.find((driver) => driver === lowerCase);
  if (found !== undefined) return found;
  if (Object.hasOwn(spellings, lowerCase)) return spellings[lowerCase] as Driver;
  const choice = `there are ${drivers.join(", ")}`;
  const reason = Object.hasOwn(misplaced, lowerCase) ? misplaced[lowerCase] : undefined;
  if (reason === undefined && planned.has(lowerCase)) {
    throw new PalimpsestError(
      "E_UNSUPPORTED",
      `${at}: this version has no driver ${lowerCase}; ${choice}`,
    );
  }
  const problem = reason === undefined ? `is no ${what}` : reason;
  throw new PalimpsestError("E_CONFIG", `${at}: ${JSON.stringify(name)} ${problem}; ${choice}`);
}
