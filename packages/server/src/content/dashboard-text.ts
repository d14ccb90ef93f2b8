/**
 * What is asked of a dashboard before it is kept: that it is one, and that it can be shown in a list. What its
 * panels mean is the reader's affair (`@vedette/dashboard`), and nothing of the JSON is changed here.
 */
import { InputError } from '@vedette/model';
import { parseJson } from '../lib/parse-json.ts';

// Grafana's own limit.
const UID = /^[A-Za-z0-9_-]{1,40}$/;

// Longer ones are no titles; lists cut them anyway.
const TITLE_CHARS_MAX = 500;

/** Of lists: what they show of a tag, a description and how many tags; the file keeps all. */
const TAG_CHARS_MAX = 50;
const TAGS_MAX = 20;
const DESCRIPTION_CHARS_MAX = 1000;

export interface FileSummary {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly panelCount: number;
}

type Json = Readonly<Record<string, unknown>>;

/** Whether `uid` can be one: letters, digits, `_` and `-`, 1 to 40 of them. */
export function isDashboardUid(uid: unknown): uid is string {
  return typeof uid === 'string' && UID.test(uid);
}

/** The dashboard in a file; throws `InputError`. A wrapper of Grafana's API or a V1 resource is taken off. */
export function dashboardTextOf(bytes: Uint8Array): Json {
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch (cause) {
    throw invalid(`it is no JSON: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
  const { dashboard, spec } = isJson(value) ? value : {};
  const inner = isJson(dashboard) ? dashboard : isJson(spec) ? spec : value;
  assertDashboard(inner);
  return inner;
}

/** Throws `InputError` (VED_DASHBOARD_INVALID) unless it is a dashboard in Grafana's classic form. */
export function assertDashboard(value: unknown): asserts value is Json {
  if (!isJson(value)) throw invalid('want an object');
  const { title, panels, rows } = value;
  if (typeof title !== 'string' || title.trim() === '') throw invalid('it has no title');
  if (title.length > TITLE_CHARS_MAX)
    throw invalid(`its title has ${title.length} characters, limit is ${TITLE_CHARS_MAX}`);
  if (!Array.isArray(panels) && !Array.isArray(rows))
    throw invalid('it has no list of panels; want the JSON model of a dashboard in Grafana’s classic form');
}

/** What lists show. The uid of one that has none, or none that can be used, is empty. */
export function summaryOfDashboard(dashboard: Json): FileSummary {
  const { uid, title, description, tags } = dashboard;
  const texts = Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  return {
    uid: isDashboardUid(uid) ? uid : '',
    title: typeof title === 'string' ? title : '',
    description: typeof description === 'string' ? description.slice(0, DESCRIPTION_CHARS_MAX) : '',
    tags: texts.slice(0, TAGS_MAX).map((tag) => tag.slice(0, TAG_CHARS_MAX)),
    panelCount: panelCountOf(dashboard),
  };
}

/** The same of a file, whose uid nobody else can give; throws `InputError` without one. */
export function summaryOf(dashboard: Json): FileSummary {
  const summary = summaryOfDashboard(dashboard);
  if (summary.uid === '') throw invalid('it has no uid of 1 to 40 letters, digits, "_" and "-"');
  return summary;
}

/** Rows aside; those in collapsed rows and in rows of the oldest form are counted. */
function panelCountOf({ panels, rows }: Json): number {
  const isRow = (panel: Json): boolean => panel['type'] === 'row';
  const held = (row: Json): number => listOf(row['panels']).length;
  return (
    listOf(panels).reduce((count, panel) => count + (isRow(panel) ? held(panel) : 1), 0) +
    listOf(rows).reduce((count, row) => count + held(row), 0)
  );
}

/** The objects of a list. */
function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(reason: string, options?: ErrorOptions): InputError {
  return new InputError('VED_DASHBOARD_INVALID', `cannot use the dashboard: ${reason}`, options);
}
