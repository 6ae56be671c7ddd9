/** Stands for: an empty cell has no meaning in this row. */
export const unpredictable: unique symbol = Symbol("unpredictable");
