import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { ConfigInput } from "./config.ts";
import { loadConfig } from "./load-config.ts";

const folder = mkdtempSync(join(tmpdir(), "palimpsest-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: unknown): string {
  const path = join(folder, `${Math.random()}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function load(explicit: unknown, env: Record<string, string> = {}): ReturnType<typeof loadConfig> {
  return loadConfig({ explicit: explicit as ConfigInput, env, baseDir: "/base" });
}

describe("where a value comes from", () => {
  it("fills in defaults", () => {
    expect(load({})).toEqual({
      store: { driver: "sqlite", path: "/base/.palimpsest/memory.db" },
      consistency: "strict",
    });
  });

  it("prefers explicit over environment over file over default", () => {
    const path = file({ store: "sqlite:f.db", consistency: "eventual", embedder: "ollama" });
    const env = { PALIMPSEST_CONFIG: path, PALIMPSEST_STORE: "sqlite:e.db" };
    const named = { ...env, PALIMPSEST_EMBEDDER: "hash" };
    const explicit = { store: "memory:" };
    expect(loadConfig({ explicit, env: named }).store).toEqual({ driver: "memory" });
    expect(loadConfig({ env: named, baseDir: "/base" })).toEqual({
      store: { driver: "sqlite", path: "/base/e.db" },
      embedder: { driver: "hash" },
      consistency: "eventual",
    });
  });

  it("starts relative paths of a file at its folder", () => {
    const config = loadConfig({ file: file({ store: "sqlite:./data/m.db" }), env: {} });
    expect(config.store).toEqual({ driver: "sqlite", path: join(folder, "data/m.db") });
  });

  it("reads the process's environment unless given one", () => {
    process.env["PALIMPSEST_STORE"] = "memory:";
    try {
      expect(loadConfig().store).toEqual({ driver: "memory" });
    } finally {
      delete process.env["PALIMPSEST_STORE"];
    }
  });

  it("treats an empty variable as unset", () => {
    expect(load({}, { PALIMPSEST_STORE: "", PALIMPSEST_EMBEDDER: "" })).toEqual(load({}));
  });

  it("combines embedder fields of several sources", () => {
    const path = file({
      embedder: { driver: "openai-compatible", baseURL: "http://localhost:1/v1", model: "m" },
    });
    const env = { PALIMPSEST_EMBEDDER_API_KEY: "k", PALIMPSEST_EMBEDDER_DIMENSION: "8" };
    expect(loadConfig({ env, file: path }).embedder).toEqual({
      driver: "openai-compatible",
      baseURL: "http://localhost:1/v1",
      model: "m",
      dimension: 8,
      apiKey: "k",
    });
  });

  it("does not take the dimension of one model for another", () => {
    const path = file({ embedder: { driver: "ollama", model: "a", dimension: 8 } });
    const env = { PALIMPSEST_EMBEDDER_MODEL: "b" };
    expect(loadConfig({ env, file: path }).embedder).toEqual({ driver: "ollama", model: "b" });
  });

  it("ignores an API key where the embedder takes none", () => {
    const env = { PALIMPSEST_EMBEDDER: "hash", PALIMPSEST_EMBEDDER_API_KEY: "k" };
    expect(load({}, env).embedder).toEqual({ driver: "hash" });
  });

  it("accepts its own result again", () => {
    const config = load({ store: "sqlite:x.db", embedder: "hash", consistency: "eventual" });
    expect(load(config)).toEqual(config);
  });
});

describe("store addresses", () => {
  it.each([
    ["sqlite:./data/memory.db", { driver: "sqlite", path: "/base/data/memory.db" }],
    ["sqlite:memory.db", { driver: "sqlite", path: "/base/memory.db" }],
    ["SQLite:/abs/a b?.db", { driver: "sqlite", path: "/abs/a b?.db" }],
    ["sqlite:///abs/m.db", { driver: "sqlite", path: "/abs/m.db" }],
    ["memory:", { driver: "memory" }],
    ["MongoDB://u:p%40@h:1/db?w=1", { driver: "mongodb", url: "mongodb://u:p%40@h:1/db?w=1" }],
    ["mongodb+srv://h/db", { driver: "mongodb", url: "mongodb+srv://h/db" }],
    ["postgres://u:p@h:1/db", { driver: "postgres", url: "postgres://u:p@h:1/db" }],
    ["PostgreSQL://h/db?a=1", { driver: "postgres", url: "postgresql://h/db?a=1" }],
  ])("reads %s", (address, expected) => {
    expect(load({ store: address }).store).toEqual(expected);
  });

  it.each([
    ["sqllite:./m.db", /unknown store driver "sqllite"; did you mean "sqlite"\?/],
    ["postgress://u:pw@h/db", /"postgress"; did you mean "postgres"\?$/],
    ["nosuchengine:x", /use sqlite:<file> or memory:/],
    ["./memory.db", /not a store address; for a file write "sqlite:\.\/memory\.db"/],
    ["sqlite:", /names no file/],
    ["sqlite://m.db", /ambiguous; write sqlite:\.\/<file> or sqlite:\/<absolute path>/],
    ["sqlite::memory:", /use memory: instead/],
    ["memory:x", /takes nothing after the colon/],
    [{ path: "x" }, /the field "driver" is missing/],
    [{ driver: "sqlite" }, /store \(driver sqlite\): the field "path" is missing/],
    [{ driver: "sqlite", path: "" }, /"path": must name a file/],
    [{ driver: "sqlite", path: 3 }, /"path": must be a string/],
    [{ driver: "sqlite", path: "x", readonly: true }, /"readonly"; did you mean "readOnly"\?/],
    [{ driver: "memory", path: "x" }, /unknown field "path"/],
    [{ driver: "mongodb" }, /store \(driver mongodb\): the field "url" is missing/],
    ["mongodb:secret", /"url": must be a mongodb:\/\/ address$/],
    ["postgres:secret", /"url": must be a postgres:\/\/ address$/],
    [{ driver: "postgres", url: "postgres://h/db", max: 0 }, /"max"/],
    ["constructor:x", /unknown store driver "constructor"/],
    [7, /store must be an address or an object/],
  ])("refuses %j", (store, message) => {
    expect(() => load({ store })).toThrow(
      expect.objectContaining({ code: "E_CONFIG", message: expect.stringMatching(message) }),
    );
  });

  it.each(["redis://u:secret@h", "qdrant:http://u:secret@h", "pinecone:index"])(
    "says that %s is for a later version, without repeating it",
    (store) => {
      expect(() => load({}, { PALIMPSEST_STORE: store })).toThrow(
        expect.objectContaining({
          code: "E_UNSUPPORTED",
          message: expect.stringMatching(
            /^PALIMPSEST_STORE: no [a-z+]+ driver in this version; use/,
          ),
        }),
      );
      expect(() => load({ store })).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("secret") }),
      );
    },
  );
});

describe("vectors", () => {
  it("may name the store's own engine, which is then opened once", () => {
    expect(load({ store: "memory:", vectors: "memory:" })).toEqual(load({ store: "memory:" }));
    const own = load({ store: "sqlite:a.db", vectors: { driver: "sqlite", path: "./a.db" } });
    expect(own).toEqual(load({ store: "sqlite:a.db" }));
  });

  it.each([
    ["chroma:http://h:8000", { driver: "chroma", url: "http://h:8000" }],
    [
      "chroma:https://u:p@h?name=notes&tenant=t",
      { driver: "chroma", url: "https://u:p@h", name: "notes", tenant: "t" },
    ],
    ["postgresql://h/db", { driver: "postgres", url: "postgresql://h/db" }],
    ["sqlite:v.db", { driver: "sqlite", path: "/base/v.db" }],
    ["memory:", { driver: "memory" }],
  ])("reads %s, from a caller, a file and the environment", (address, vectors) => {
    expect(load({ vectors: address })).toMatchObject({ vectors });
    expect(load({}, { PALIMPSEST_VECTORS: address })).toMatchObject({ vectors });
    expect(load({ vectors: "memory:" }, { PALIMPSEST_VECTORS: address })).toMatchObject({
      vectors: { driver: "memory" },
    });
  });

  it.each([
    ["qdrant:http://u:secret@h", "E_UNSUPPORTED", /^PALIMPSEST_VECTORS: no qdrant driver/],
    ["pinecone:index", "E_UNSUPPORTED", /^PALIMPSEST_VECTORS: no pinecone driver/],
    ["chrome:http://h", "E_CONFIG", /unknown vector driver "chrome"; did you mean "chroma"\?/],
    ["chroma:", "E_CONFIG", /names no server; write for example chroma:http/],
    ["chroma:ftp://h", "E_CONFIG", /"url": must be an http or https URL/],
    ["chroma:http://h?nam=x", "E_CONFIG", /unknown field "nam"; did you mean "name"\?/],
    ["mongodb://u:secret@h", "E_CONFIG", /keeps no vectors; name it as the store/],
  ])("refuses %s", (address, code, message) => {
    const loading = (): unknown => load({}, { PALIMPSEST_VECTORS: address });
    expect(loading).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
    expect(loading).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("secret") }),
    );
  });

  it("names the field that a driver misses", () => {
    const input = { vectors: { driver: "chroma" } } as unknown as ConfigInput;
    expect(() => load(input)).toThrow(
      expect.objectContaining({
        code: "E_CONFIG",
        message: expect.stringMatching(/vectors \(driver chroma\).*"url"/),
      }),
    );
  });

  it("chroma keeps no documents, and says where it belongs", () => {
    expect(() => load({ store: "chroma:http://u:secret@h" })).toThrow(
      expect.objectContaining({
        code: "E_CONFIG",
        message: expect.stringMatching(/^store: chroma keeps vectors only.*--vectors/),
      }),
    );
  });

  it("allowEmpty is a flag", () => {
    expect(load({ allowEmpty: true })).toMatchObject({ allowEmpty: true });
    expect(load({}, { PALIMPSEST_ALLOW_EMPTY: "1" })).toMatchObject({ allowEmpty: true });
    expect(load({ allowEmpty: false }, { PALIMPSEST_ALLOW_EMPTY: "1" })).not.toHaveProperty(
      "allowEmpty",
    );
    expect(() => load({}, { PALIMPSEST_ALLOW_EMPTY: "yes" })).toThrow(
      expect.objectContaining({ message: "PALIMPSEST_ALLOW_EMPTY must be true or false" }),
    );
  });
});

describe("everything else that can be wrong", () => {
  it.each([
    [{ stor: "memory:" }, /unknown field "stor"; did you mean "store"\?/],
    [{ embedder: "hsh" }, /unknown embedder "hsh"; did you mean "hash"\?/],
    [{ embedder: "bge" }, /use hash, openai-compatible, ollama/],
    [{ embedder: { driver: "hash", dimensions: 3 } }, /"dimensions"; did you mean "dimension"\?/],
    [{ embedder: { driver: "hash", dimension: 1.5 } }, /"dimension": must be a whole number/],
    [{ embedder: { driver: "ollama" } }, /"model" is missing.*PALIMPSEST_EMBEDDER_MODEL/],
    [{ embedder: { driver: "ollama", model: "m", baseURL: "x" } }, /must be an http or https URL/],
    [{ embedder: "openai-compatible" }, /"baseURL" is missing.*PALIMPSEST_EMBEDDER_URL/],
    [{ embedder: 3 }, /embedder must be a name or an object/],
    [{ consistency: "strickt" }, /consistency must be strict or eventual/],
  ])("names it: %j", (config, message) => {
    expect(() => load(config)).toThrow(
      expect.objectContaining({ code: "E_CONFIG", message: expect.stringMatching(message) }),
    );
  });

  it("names the variable", () => {
    const cases = [
      ["PALIMPSEST_CONSISTENCY", "often"],
      ["PALIMPSEST_EMBEDDER", "hsh"],
      ["PALIMPSEST_EMBEDDER_DIMENSION", "many"],
    ] as const;
    for (const [name, value] of cases) {
      expect(() => load({}, { [name]: value })).toThrow(
        expect.objectContaining({ code: "E_CONFIG", message: expect.stringContaining(name) }),
      );
    }
  });

  it("names a file that is missing, no JSON or no object, without quoting it", () => {
    expect(() => loadConfig({ file: join(folder, "none.json"), env: {} })).toThrow(
      expect.objectContaining({
        code: "E_NOT_FOUND",
        message: expect.stringContaining("none.json"),
      }),
    );
    expect(() => loadConfig({ file: folder, env: {} })).toThrow(
      expect.objectContaining({ code: "E_CONFIG", message: expect.stringContaining("EISDIR") }),
    );
    const broken = file('{"embedder": {"apiKey": "hunter2"');
    expect(() => loadConfig({ file: broken, env: {} })).toThrow(
      expect.objectContaining({
        code: "E_CONFIG",
        message: expect.not.stringContaining("hunter2"),
      }),
    );
    expect(() => loadConfig({ file: file([1]), env: {} })).toThrow(/must hold a JSON object/);
  });

  it("never repeats a key that it refuses", () => {
    const embedder = { driver: "openai-compatible", baseURL: "x", model: "m", apiKey: "hunter2" };
    expect(() => load({ embedder })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
    );
    expect(() => load({ embedder: { ...embedder, apiKey: 9_876_543 } })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("9876543") }),
    );
  });
});
