/** The known name that takes the fewest edits to reach, for messages; the names are few and short. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({ candidate, edits: editsBetween(name, candidate) }));
  return ranked.toSorted((a, b) => a.edits - b.edits)[0]?.candidate;
}

/** Levenshtein distance, row by row; a name far longer than any of ours is cut. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let at = 0; at < Math.min(a.length, 64); at++) {
    const next = [at + 1];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (row[column - 1] ?? 0) + (b[column - 1] === a[at] ? 0 : 1);
      const insertion = (next[column - 1] ?? 0) + 1;
      next.push(Math.min(substitution, insertion, (row[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
