import { closestMatch } from "leven";

/** `; did you mean "x"?`, or nothing when no candidate is near. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const near = closestMatch(name, candidates, {
    maxDistance: Math.max(2, Math.floor(name.length / 3)),
  });
  return near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
}
