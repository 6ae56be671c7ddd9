/** Starts every packed text; the number is the version of the format. */
export const marker = "#pack1";
/** Starts the line of a table inside a document. */
export const tableSign = "@";
/** Starts a line of prose before the marker. */
export const legendSign = "# ";
/** After a record count: another block of records follows. */
export const moreSign = "+";
