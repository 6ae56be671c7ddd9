/**
 * How a value is written. `readable`: tables whose cells a model reads as plain text. `dense`: also
 * cells that have to be calculated from other cells. `minified`: JSON.
 */
export type PackProfile = "readable" | "dense" | "minified";

export const packProfiles: readonly PackProfile[] = ["readable", "dense", "minified"];
