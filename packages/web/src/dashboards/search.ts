import { oneOf, optional, textOf, type VariableSearch } from '../search.ts';

/** The list: what is searched for. */
export interface DashboardsSearch {
  q?: string;
  tag?: string;
}

/** A dashboard: everything that is chosen on it, so that a link gives the same screen. */
export interface DashboardSearch {
  vars?: VariableSearch;
  /** The one panel that is shown large: its id, `4/api` where it repeats. */
  viewPanel?: string;
  /** Rows that are not as the file has them: `3.7`. */
  rows?: string;
  /** Editing: the grid. */
  edit?: '1';
  /** Editing: the panel whose queries and options are open. */
  editPanel?: string;
  /** Without navigation, for a screen on the wall. */
  kiosk?: '1';
  /** An older version, to look at. */
  version?: string;
}

type Raw = Readonly<Record<string, unknown>>;

export function dashboardsSearch(raw: Raw): DashboardsSearch {
  return { ...optional('q', textOf(raw['q'])), ...optional('tag', textOf(raw['tag'])) };
}

export function dashboardSearch(raw: Raw): DashboardSearch {
  return {
    ...optional('vars', variablesOf(raw['vars'])),
    ...optional('viewPanel', matching(raw['viewPanel'], /^\d+(\/.+)?$/)),
    ...optional('rows', matching(raw['rows'], /^\d+(\.\d+)*$/)),
    ...optional('edit', oneOf(raw['edit'], ['1'])),
    ...optional('editPanel', matching(raw['editPanel'], /^\d+$/)),
    ...optional('kiosk', flagOf(raw['kiosk'])),
    ...optional('version', matching(raw['version'], /^\d+$/)),
  };
}

/** Ids of the rows that were opened or closed by hand. */
export function toggledRows(search: DashboardSearch): ReadonlySet<number> {
  return new Set(
    (search.rows ?? '')
      .split('.')
      .filter((id) => id !== '')
      .map(Number),
  );
}

/** The search after a row was opened or closed. */
export function toggleRow(search: DashboardSearch, id: number): string | undefined {
  const rows = new Set(toggledRows(search));
  if (!rows.delete(id)) rows.add(id);
  return rows.size === 0 ? undefined : [...rows].sort((a, b) => a - b).join('.');
}

/** `?kiosk` alone is how Grafana's links have it. */
function flagOf(value: unknown): '1' | undefined {
  return value === '' || value === '1' || value === 'tv' || value === 'true' ? '1' : undefined;
}

function matching(value: unknown, shape: RegExp): string | undefined {
  const text = textOf(value);
  return text !== undefined && shape.test(text) ? text : undefined;
}

function variablesOf(value: unknown): VariableSearch | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string[]] =>
      Array.isArray(entry[1]) && entry[1].every((one) => typeof one === 'string'),
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
