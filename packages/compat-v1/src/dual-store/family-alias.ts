import type { Db } from "mongodb";
import { aliasCollectionName } from "./naming.ts";

/** Where v1 redirects a family's vectors, and what embeds them. */
export interface FamilyAlias {
  readonly target?: string;
  readonly embed?: {
    readonly driver?: string;
    readonly fn?: string;
    readonly dims?: number;
    readonly version?: unknown;
  };
}

export async function findAlias(database: Db, family: string): Promise<FamilyAlias | undefined> {
  const aliases = database.collection<FamilyAlias & { _id: string }>(aliasCollectionName);
  const found = await aliases.findOne({ _id: family });
  return found ?? undefined;
}
