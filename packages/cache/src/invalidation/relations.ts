/**
 * For each kind of record, the tags of what is made of it. A handler's parameter types the record
 * that `invalidateRelated` takes.
 */
// The parameter is contravariant: only `never` lets each handler name its own record.
export type Relations = Readonly<Record<string, (record: never) => readonly string[]>>;
