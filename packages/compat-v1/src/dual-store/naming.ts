/** v1's own default of the first part of a family's name. */
export const defaultAgentName = "duck";
/** v1 used this database whatever the address said. */
export const defaultDatabaseName = "database";
/**
 * Collection of `{_id: family, target, embed?}`.
 * @deprecated A store of `@palimpsest/store` is named by its address.
 */
export const aliasCollectionName = "collection_aliases";

/**
 * `<agent>_<name>`: the Mongo collection, and the Chroma collection unless an alias names another.
 * @deprecated A store of `@palimpsest/store` is named by its address.
 */
export function familyName(name: string, agentName: string = defaultAgentName): string {
  return `${agentName}_${name}`;
}
