import {
  DASHBOARD_BYTES_MAX,
  parseDashboardText,
  readDashboard,
  type ClassicDashboard,
  type CoverageReport,
  type Dashboard,
} from '@vedette/dashboard';
import type { DashboardEntry } from '@vedette/api';

/** What a file came to: a dashboard with its report, or the reason why it is none. */
export type ImportState =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'read';
      readonly dashboard: Dashboard;
      readonly classic: ClassicDashboard;
      readonly report: CoverageReport;
      readonly inputs: readonly ImportInput[];
    }
  | { readonly kind: 'fault'; readonly message: string };

/** What the exporting Grafana wanted to be asked for. */
export interface ImportInput {
  readonly name: string;
  readonly label: string;
  readonly pluginId: string;
}

/** A file is looked at before it is read: a text of gigabytes would stop the page. */
export async function readFile(file: File): Promise<ImportState> {
  if (file.size > DASHBOARD_BYTES_MAX)
    return {
      kind: 'fault',
      message: `cannot read "${file.name}": the file is too large; got ${file.size} bytes, limit is ${DASHBOARD_BYTES_MAX} (DASHBOARD_BYTES_MAX); is it one dashboard, without data in it?`,
    };
  return readText(await file.text());
}

export function readText(text: string): ImportState {
  if (text.trim() === '') return { kind: 'none' };
  try {
    const json = parseDashboardText(text);
    return { kind: 'read', ...readDashboard(json), inputs: inputsOf(json) };
  } catch (fault) {
    return { kind: 'fault', message: fault instanceof Error ? fault.message : String(fault) };
  }
}

/** A stored dashboard that has the uid, or the title, of the one that comes. */
export function clashOf(
  entries: readonly DashboardEntry[],
  dashboard: Dashboard,
): DashboardEntry | undefined {
  return (
    entries.find(({ uid }) => dashboard.uid !== '' && uid === dashboard.uid) ??
    entries.find(({ title }) => title === dashboard.title)
  );
}

function inputsOf(json: unknown): readonly ImportInput[] {
  const list = fieldOf(json, '__inputs') ?? fieldOf(fieldOf(json, 'dashboard'), '__inputs');
  if (!Array.isArray(list)) return [];
  return list.flatMap((input: unknown) => {
    const name = fieldOf(input, 'name');
    const label = fieldOf(input, 'label');
    const pluginId = fieldOf(input, 'pluginId');
    if (typeof name !== 'string' || fieldOf(input, 'type') !== 'datasource') return [];
    return [
      {
        name,
        label: typeof label === 'string' && label !== '' ? label : name,
        pluginId: typeof pluginId === 'string' ? pluginId : '',
      },
    ];
  });
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
