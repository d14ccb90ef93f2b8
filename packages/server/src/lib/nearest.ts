/** The candidate closest to what was written, for "did you mean"; `undefined` when none is near. */
export function findNearest(written: string, candidates: readonly string[]): string | undefined {
  // A third of the letters may differ, and two neighbours may always be swapped: "qeury" finds "query".
  let distanceMax = Math.max(written.length > 3 ? 2 : 1, Math.floor(written.length / 3));
  let nearest: string | undefined;
  for (const candidate of candidates) {
    const distance = distanceOf(written.toLowerCase(), candidate.toLowerCase());
    if (distance > distanceMax) continue;
    nearest = candidate;
    distanceMax = distance - 1;
  }
  return nearest;
}

/** Levenshtein distance: insertions, deletions and replacements. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
