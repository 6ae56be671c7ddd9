/** No JSON text starts like this, every packed one does. */
export const packedSign = "#";
/** Starts the first line of a packed text; the number is the version of the format. */
export const marker = "#pack1";
/** Starts the line of a table inside a document. */
export const tableSign = "@";
/** Starts a line of prose before the marker. */
export const legendSign = "# ";
/** After a record count: another block of records follows. */
export const moreSign = "+";

/** Between the cells of a line and between the columns of a header. */
export const cellSeparator = "\t";
/** Starts a line that holds one record as JSON. */
export const outsideSign = "!";
/** Starts a repeated column line. */
export const repeatSign = "!!";

/** Between the records of one cell, and between the cells of one such record. */
export const recordSeparator = ";";
export const innerSeparator = ",";
/** What ends a bare cell inside a cell. */
export const innerStops = ",;";
/** Starts a nested cell that holds another value than fitting records, as JSON. */
export const nestedEscape = "==";
/** What an empty nested cell may mean: values that cost nothing to build anew for each record. */
export const cheapDefaults: readonly string[] = ["~", "==null", "==[]", "=={}"];
