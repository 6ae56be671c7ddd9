/** Between the cells of a line and between the columns of a header. */
export const cellSeparator = "\t";
/** Starts a line that holds one record as JSON. */
export const outsideSign = "!";
/** Starts a repeated column line. */
export const repeatSign = "!!";
