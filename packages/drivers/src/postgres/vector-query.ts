import type { IndexRestriction, Metric } from "@palimpsest/core";
import { Parameters } from "./filter-sql.ts";
import { restrictionSql } from "./index-entries.ts";
import type { Statement } from "./lexical-query.ts";
import type { StoredIndex } from "./store-state.ts";
import type { Tables } from "./tables.ts";

/** pgvector's operator and operator class by metric; all order near first by ascending distance. */
export const distances: Readonly<
  Record<Metric, { readonly operator: string; readonly operators: string }>
> = {
  cosine: { operator: "<=>", operators: "vector_cosine_ops" },
  l2: { operator: "<->", operators: "vector_l2_ops" },
  ip: { operator: "<#>", operators: "vector_ip_ops" },
};

export interface VectorRequest {
  /** As the server reads it. */
  readonly vector: string;
  readonly k: number;
  /** Undefined for all. */
  readonly scope: string | undefined;
  readonly restriction: IndexRestriction;
}

/** The score from a distance. The cosine of a zero vector is NaN, and near to nothing. */
function scoreSql(metric: Metric, distance: string): string {
  if (metric === "l2") return `1 / (1 + ${distance})`;
  const near = metric === "ip" ? `-(${distance})` : `1 - (${distance})`;
  return `least(1, greatest(0, nullif(${near}, 'NaN')))`;
}

interface Source {
  readonly distance: string;
  readonly from: string;
  readonly where: string;
}

function source(
  tables: Tables,
  { schema, metric, table }: StoredIndex,
  request: VectorRequest,
  parameters: Parameters,
): Source {
  const query = `${parameters.add(request.vector)}::${schema}.vector`;
  const { scope, restriction } = request;
  const within = scope === undefined ? "TRUE" : `v.scope = ${parameters.add(scope)}::text`;
  const restricted = restriction.filter !== undefined || restriction.keys !== undefined;
  const documents = restricted
    ? `JOIN ${tables.documents} d ON d.scope = v.scope AND d.id = v.id`
    : "";
  const allowed = restricted ? ` AND ${restrictionSql(restriction, parameters)}` : "";
  return {
    distance: `v.vector OPERATOR(${schema}.${distances[metric].operator}) ${query}`,
    from: `${table} v ${documents}`,
    where: `v.vector IS NOT NULL AND ${within}${allowed}`,
  };
}

/** Compares every allowed vector; ordering by the score keeps the planner from the HNSW index. */
export function exactQuery(
  tables: Tables,
  settings: StoredIndex,
  request: VectorRequest,
): Statement {
  const parameters = new Parameters();
  const { distance, from, where } = source(tables, settings, request, parameters);
  const text = `SELECT v.scope, v.id, v.epoch, v.counter, ${scoreSql(settings.metric, distance)} AS score
    FROM ${from} WHERE ${where} ORDER BY score DESC, v.scope, v.id
    LIMIT ${parameters.add(request.k)}::integer`;
  return { text, values: parameters.values };
}

/**
 * Walks the HNSW index until `reach` allowed vectors are found, the best k of which are returned. Its settings go with the statement, which
 * costs no round trip and leaves nothing behind on a connection that others use too.
 */
export function nearQuery(
  tables: Tables,
  settings: StoredIndex,
  request: VectorRequest,
  search: { readonly reach: number; readonly hnsw: Readonly<Record<string, string>> },
): Statement {
  const parameters = new Parameters();
  const { distance, from, where } = source(tables, settings, request, parameters);
  const configured = Object.entries(search.hnsw).map(
    ([name, value]) =>
      `(SELECT set_config(${parameters.add(`hnsw.${name}`)}::text, ${parameters.add(value)}::text, TRUE)) IS NOT NULL`,
  );
  const text = `WITH near AS MATERIALIZED (
      SELECT v.scope, v.id, v.epoch, v.counter, ${distance} AS distance
      FROM ${from} WHERE ${configured.join(" AND ")} AND ${where}
      ORDER BY ${distance} LIMIT ${parameters.add(search.reach)}::integer)
    SELECT scope, id, epoch, counter, ${scoreSql(settings.metric, "distance")} AS score,
      (SELECT count(*) FROM near) AS found
    FROM near ORDER BY score DESC, scope, id LIMIT ${parameters.add(request.k)}::integer`;
  return { text, values: parameters.values };
}
