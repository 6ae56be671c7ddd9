import { isRawNumber, numberSyntax } from "./raw-number.ts";

/** No holes and no members beside the elements, which JSON would drop. */
export function isDense(array: readonly unknown[]): boolean {
  const keys = Object.keys(array);
  // Indices come before names, so a name in the place of a missing index shows at the end.
  return (
    keys.length === array.length &&
    (keys.length === 0 || keys.at(-1) === String(array.length - 1)) &&
    Object.getOwnPropertySymbols(array).length === 0
  );
}

/** Object literals of any realm, and objects without a prototype; none with symbol keys. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) {
    if (isRawNumber(value)) return false;
  } else if (prototype !== Object.prototype && Object.getPrototypeOf(prototype) !== null) {
    return false;
  }
  return !Array.isArray(value) && Object.getOwnPropertySymbols(value).length === 0;
}

export function isNumberLiteral(value: object): boolean {
  return isRawNumber(value) && numberSyntax.test(value.rawJSON);
}
