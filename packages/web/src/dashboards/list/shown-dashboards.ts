import type { DashboardEntry } from '@vedette/api';

export interface DashboardFilter {
  readonly q: string;
  readonly tag: string | undefined;
  readonly favourites: readonly string[];
}

/** What the list shows: those that have every word and the tag, favourites first, then by title. */
export function shownDashboards(
  entries: readonly DashboardEntry[],
  { q, tag, favourites }: DashboardFilter,
): readonly DashboardEntry[] {
  const words = q
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return entries
    .filter((entry) => tag === undefined || entry.tags.includes(tag))
    .filter((entry) => words.every((word) => textOf(entry).includes(word)))
    .toSorted(
      (a, b) =>
        Number(favourites.includes(b.uid)) - Number(favourites.includes(a.uid)) ||
        a.title.localeCompare(b.title),
    );
}

/** Tags with how many dashboards have them, the most frequent first. */
export function tagsOf(entries: readonly DashboardEntry[]): readonly { tag: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { tags } of entries)
    for (const tag of new Set(tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts]
    .map(([tag, count]) => ({ tag, count }))
    .sort((a, b) => b.count - a.count || a.tag.localeCompare(b.tag));
}

function textOf({ title, description, tags, uid }: DashboardEntry): string {
  return [title, description, ...tags, uid].join(' ').toLowerCase();
}
