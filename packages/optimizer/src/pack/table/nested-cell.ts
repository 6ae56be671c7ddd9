/** Between the records of one cell, and between the cells of one such record. */
export const recordSeparator = ";";
export const innerSeparator = ",";
/** What ends a bare cell inside a cell. */
export const innerStops = ",;";
/** Starts a nested cell that holds another value than fitting records, as JSON. */
export const nestedEscape = "==";
/** What an empty nested cell may mean: values that cost nothing to build anew for each record. */
export const cheapDefaults: readonly string[] = ["~", "==null", "==[]", "=={}"];
