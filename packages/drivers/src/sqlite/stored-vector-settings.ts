import type { Metric } from "@palimpsest/core";
import type { VectorSettings } from "../shared/vector-settings.ts";
import type { Connection } from "./connection.ts";

export function readVectorSettings(connection: Connection): VectorSettings | undefined {
  const row = connection.prepare("SELECT dimension, metric, model_id FROM store").get();
  if (row === undefined || row["dimension"] === null) return undefined;
  return {
    dimension: row["dimension"] as number,
    metric: row["metric"] as Metric,
    modelId: row["model_id"] as string,
  };
}

export function writeVectorSettings(connection: Connection, settings: VectorSettings): void {
  connection
    .prepare("UPDATE store SET dimension = ?, metric = ?, model_id = ? WHERE dimension IS NULL")
    .run(settings.dimension, settings.metric, settings.modelId);
}
