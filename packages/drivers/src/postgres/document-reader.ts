import {
  addDigests,
  type DocumentKey,
  type Filter,
  type RangeDigest,
  type StoredDocument,
} from "@palimpsest/core";
import { arrayLiteral } from "./array-literal.ts";
import type { Connection } from "./connection.ts";
import { documentColumns, keyString, toStored } from "./document-rows.ts";
import { filterSql, Parameters } from "./filter-sql.ts";
import type { Tables } from "./tables.ts";

export interface ScanRequest {
  /** Undefined for all. */
  readonly scope: string | undefined;
  readonly after: DocumentKey | undefined;
  readonly filter: Filter | undefined;
  readonly includeDeleted: boolean;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
}

/** Bytes 1-4 and then four times 7 of a digest: numbers that bigint holds and `sum` adds without loss. */
const limbs: readonly { readonly first: number; readonly bytes: number; readonly shift: bigint }[] =
  [
    { first: 1, bytes: 4, shift: 224n },
    { first: 5, bytes: 7, shift: 168n },
    { first: 12, bytes: 7, shift: 112n },
    { first: 19, bytes: 7, shift: 56n },
    { first: 26, bytes: 7, shift: 0n },
  ];

const modulus = 1n << 256n;

/** Every read of documents; arguments are checked by the caller. */
export class DocumentReader {
  readonly #connection: Connection;
  readonly #documents: string;

  constructor(connection: Connection, tables: Tables) {
    this.#connection = connection;
    this.#documents = `${tables.documents} d`;
  }

  /** By `keyString`. */
  async get(
    keys: readonly DocumentKey[],
    includeDeleted: boolean,
    signal?: AbortSignal,
  ): Promise<Map<string, StoredDocument>> {
    const sql = `SELECT ${documentColumns} FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[])) AS k (scope, id)
      JOIN ${this.#documents} USING (scope, id) WHERE d.state ${includeDeleted ? "< 2" : "= 0"}`;
    const scopes = arrayLiteral(keys.map(({ scope }) => scope));
    const ids = arrayLiteral(keys.map(({ id }) => id));
    const rows = await this.#connection.query(sql, [scopes, ids], { signal });
    return new Map(rows.map(toStored).map((document) => [keyString(document), document]));
  }

  async recent(
    scope: string,
    limit: number,
    filter: Filter | undefined,
    signal: AbortSignal | undefined,
  ): Promise<StoredDocument[]> {
    const parameters = new Parameters([scope, limit]);
    const sql = `SELECT ${documentColumns} FROM ${this.#documents}
      WHERE d.scope = $1::text AND d.state = 0 ${and(filter, parameters)}
      ORDER BY d.timestamp DESC, d.id LIMIT $2::integer`;
    const dynamic = filter !== undefined;
    const rows = await this.#connection.query(sql, parameters.values, { signal, dynamic });
    return rows.map(toStored);
  }

  async count(
    scope: string | undefined,
    filter: Filter | undefined,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const parameters = new Parameters();
    const sql = `SELECT count(*) AS count FROM ${this.#documents}
      WHERE ${inScope(scope, parameters)} AND d.state = 0 ${and(filter, parameters)}`;
    const dynamic = filter !== undefined;
    const [row] = await this.#connection.query(sql, parameters.values, { signal, dynamic });
    return Number(row?.["count"]);
  }

  async scan(request: ScanRequest): Promise<StoredDocument[]> {
    const { scope, after, filter, signal } = request;
    const parameters = new Parameters();
    const limit = parameters.add(request.limit);
    const sql = `SELECT ${documentColumns} FROM ${this.#documents}
      WHERE ${inScope(scope, parameters)} AND d.state ${request.includeDeleted ? "< 2" : "= 0"}
        AND ${beyond(scope, after, parameters)} ${and(filter, parameters)}
      ORDER BY d.scope, d.id LIMIT ${limit}::integer`;
    const dynamic = filter !== undefined;
    const rows = await this.#connection.query(sql, parameters.values, { signal, dynamic });
    return rows.map(toStored);
  }

  /** Summed by the server, limb by limb; only the carries are left to add. */
  async digest(
    scope: string | undefined,
    after: DocumentKey | undefined,
    upTo: DocumentKey | undefined,
    signal: AbortSignal | undefined,
  ): Promise<RangeDigest> {
    const parameters = new Parameters();
    const sums = limbs.map(
      ({ first, bytes }, i) =>
        `coalesce(sum(('x' || encode(substr(d.digest, ${first}, ${bytes}), 'hex'))::bit(${bytes * 8})::bigint), 0)::text AS limb${i}`,
    );
    const end =
      upTo === undefined
        ? "TRUE"
        : `(d.scope, d.id) <= (${parameters.add(upTo.scope)}::text, ${parameters.add(upTo.id)}::text)`;
    const sql = `SELECT count(*) AS count, ${sums.join(", ")} FROM ${this.#documents}
      WHERE ${inScope(scope, parameters)} AND d.state < 2 AND ${end}
        AND ${beyond(undefined, after, parameters)}`;
    const [row] = await this.#connection.query(sql, parameters.values, { signal });
    const total = limbs.reduce(
      (sum, { shift }, i) => sum + (BigInt(row?.[`limb${i}`] as string) << shift),
      0n,
    );
    return { count: Number(row?.["count"]), sum: addDigests([(total % modulus).toString(16)]) };
  }
}

/** @param scope undefined for all */
function inScope(scope: string | undefined, parameters: Parameters): string {
  return scope === undefined ? "TRUE" : `d.scope = ${parameters.add(scope)}::text`;
}

function beyond(
  scope: string | undefined,
  after: DocumentKey | undefined,
  parameters: Parameters,
): string {
  if (after === undefined) return "TRUE";
  if (scope !== undefined) return `d.id > ${parameters.add(after.id)}::text`;
  return `(d.scope, d.id) > (${parameters.add(after.scope)}::text, ${parameters.add(after.id)}::text)`;
}

function and(filter: Filter | undefined, parameters: Parameters): string {
  return filter === undefined ? "" : `AND ${filterSql(filter, "d.metadata", parameters)}`;
}
