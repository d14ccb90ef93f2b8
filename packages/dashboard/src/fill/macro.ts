import type { FieldValue } from '../frame.ts';
import { dateText } from '../value/date-text.ts';
import { intervalText, rateIntervalMs } from './step.ts';
import type { Reference } from './reference.ts';
import type { CellScope, Scope } from './scope.ts';
import { formatValues } from './value-format.ts';

/** The text of a built-in name (`__interval`, `__field.labels.x`…); `undefined`: there is none of this name here. */
export function macroText(reference: Reference, scope: Scope): string | undefined {
  const macro = MACROS.get(reference.name);
  return macro?.(scope, reference);
}

type Macro = (scope: Scope, reference: Reference) => string | undefined;

const MACROS: ReadonlyMap<string, Macro> = new Map<string, Macro>([
  ['__interval', ({ stepMs }) => intervalText(stepMs)],
  ['__interval_ms', ({ stepMs }) => String(stepMs)],
  ['__rate_interval', (scope) => intervalText(rateIntervalMs(scope.stepMs, scope.scrapeIntervalMs))],
  ['__rate_interval_ms', (scope) => String(rateIntervalMs(scope.stepMs, scope.scrapeIntervalMs))],
  ['__range', (scope) => `${rangeSeconds(scope)}s`],
  ['__range_s', (scope) => String(rangeSeconds(scope))],
  ['__range_ms', ({ range }) => String(range.toMs - range.fromMs)],
  ['__from', ({ range, timezone }, { format }) => momentText(range.fromMs, format, timezone)],
  ['__to', ({ range, timezone }, { format }) => momentText(range.toMs, format, timezone)],
  ['__timezone', ({ timezone }) => timezone],
  ['__dashboard', ({ dashboard }, { path }) => (path[0] === 'uid' ? dashboard.uid : dashboard.title)],
  // One organisation, as Grafana numbers the first.
  ['__org', (_scope, { path }) => (path[0] === 'name' ? 'Main Org.' : '1')],
  ['__user', userText],
  ['__url_time_range', ({ range }) => `from=${range.fromMs}&to=${range.toMs}`],
  ['__all_variables', allVariables],
  ['__name', ({ cell }) => nameOf(cell)],
  ['__series', ({ cell }) => nameOf(cell)],
  ['__field', fieldText],
  ['__value', valueText],
  ['__data', dataText],
]);

function rangeSeconds({ range }: Scope): number {
  return Math.max(1, Math.round((range.toMs - range.fromMs) / 1000));
}

function momentText(atMs: number, format: string | undefined, timezone: string): string {
  if (format === undefined) return String(atMs);
  const [kind, ...pattern] = format.split(':');
  return kind === 'date' ? dateText(atMs, pattern.join(':'), timezone) : String(atMs);
}

function userText({ user }: Scope, { path }: Reference): string | undefined {
  if (user === undefined) return undefined;
  return path[0] === 'email' ? user.email : user.login;
}

function allVariables(scope: Scope): string {
  const parts: string[] = [];
  for (const variable of scope.variables.values()) {
    if (variable.isFixed) continue;
    parts.push(formatValues({ ...variable, timezone: scope.timezone }, 'queryparam'));
  }
  return parts.filter((part) => part !== '').join('&');
}

function nameOf(cell: CellScope | undefined): string | undefined {
  return cell === undefined ? undefined : (cell.field.displayName ?? cell.field.name);
}

function fieldText({ cell }: Scope, { path }: Reference): string | undefined {
  if (cell === undefined) return undefined;
  const [key, label] = path;
  if (key === 'labels') return labelsText(cell.field.labels ?? {}, label);
  if (key === undefined || key === 'displayName') return nameOf(cell);
  if (key === 'name') return cell.field.name;
  return undefined;
}

function labelsText(labels: Readonly<Record<string, string>>, name: string | undefined): string {
  if (name !== undefined) return Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
  return Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .join(', ');
}

function valueText({ cell }: Scope, { path }: Reference): string | undefined {
  if (cell?.row === undefined) return undefined;
  const value = cell.field.values[cell.row] ?? null;
  switch (path[0]) {
    case 'text':
      return cell.text ?? plainText(value);
    case 'numeric':
      return typeof value === 'number' ? String(value) : String(Number(value));
    case 'time':
      return plainText(cell.frame?.fields.find(({ kind }) => kind === 'time')?.values[cell.row] ?? null);
    case 'raw':
    case undefined:
      return plainText(value);
    default:
      return undefined;
  }
}

function dataText({ cell }: Scope, { path }: Reference): string | undefined {
  const [key, wanted] = path;
  if (cell?.frame === undefined || cell.row === undefined || key !== 'fields' || wanted === undefined)
    return undefined;
  const { fields } = cell.frame;
  const field =
    fields.find(({ name, displayName }) => name === wanted || displayName === wanted) ??
    (/^\d{1,6}$/.test(wanted) ? fields[Number(wanted)] : undefined);
  return field === undefined ? undefined : plainText(field.values[cell.row] ?? null);
}

function plainText(value: FieldValue): string {
  return value === null ? '' : String(value);
}
