import type { TimeRangeSearch } from './time/time-range.ts';
import { isZone } from './time/zone.ts';

/**
 * Search parameters: the whole state of a view, so that a link gives the same screen. They stand in
 * the URL as plain text (`?expr=up&range=1h`), since people read, edit and paste them.
 */
export const EXPLORE_VIEWS = ['graph', 'table', 'explain'] as const;
export type ExploreView = (typeof EXPLORE_VIEWS)[number];

export interface ExploreSearch {
  expr?: string;
  view?: ExploreView;
  /** A step such as `30s`; absent: chosen from the range. */
  step?: string;
  /** Series stand on each other. */
  stack?: '1';
  /** The axis of values is logarithmic. */
  log?: '1';
}

export const ALERT_VIEWS = ['alerts', 'silences', 'rules', 'notifications'] as const;
export type AlertView = (typeof ALERT_VIEWS)[number];

export interface AlertsSearch {
  view?: AlertView;
  q?: string;
  /** Alerts that this receiver is told of. */
  receiver?: string;
  /** Conditions such as `{job="api"}`: of alerts what they match, of silences what they have. */
  filter?: string;
  /** The label by whose values alerts are grouped. */
  group?: string;
}

/** What a new silence begins with. */
export interface NewSilenceSearch {
  filter?: string;
  comment?: string;
}

export interface SilenceSearch {
  /** Whether the form is open. */
  edit?: '1';
}

export const TARGET_VIEWS = ['targets', 'sources'] as const;

export interface TargetsSearch {
  view?: (typeof TARGET_VIEWS)[number];
  q?: string;
  health?: 'up' | 'down' | 'unknown';
}

export const GUARD_VIEWS = ['decisions', 'subjects', 'reviews', 'appeals', 'policies', 'backtest'] as const;
export type GuardView = (typeof GUARD_VIEWS)[number];

export const GUARD_SHOWS = ['live', 'held', 'all'] as const;
export type GuardShow = (typeof GUARD_SHOWS)[number];

export interface GuardSearch {
  view?: GuardView;
  q?: string;
  /** Which decisions; absent: those in force. */
  show?: GuardShow;
  /** Decisions of this policy; the one that a backtest changes. */
  policy?: string;
}

/** What a ban by hand begins with. */
export interface BanSearch {
  subject?: string;
  scope?: 'user' | 'ip' | 'range' | 'session' | 'key';
}

type Raw = Readonly<Record<string, unknown>>;

/** Chosen values by the name of their variable: `var-job=api&var-job=db` in the URL, as Grafana writes them. */
export type VariableSearch = Readonly<Record<string, readonly string[]>>;

const VARIABLE_PREFIX = 'var-';

/** Every search parameter is a text or a number; `vars` alone holds lists. */
type Plain = Readonly<Record<string, string | number | VariableSearch | undefined>>;

export function parseSearch(text: string): Record<string, string | VariableSearch> {
  const plain = new Map<string, string>();
  const vars = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text))
    if (name.startsWith(VARIABLE_PREFIX)) {
      const variable = name.slice(VARIABLE_PREFIX.length);
      vars.set(variable, [...(vars.get(variable) ?? []), value]);
    } else plain.set(name, value);
  // `vars` itself is not a parameter that anybody may write.
  plain.delete('vars');
  return { ...Object.fromEntries(plain), ...(vars.size === 0 ? {} : { vars: Object.fromEntries(vars) }) };
}

export function stringifySearch(search: Plain): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search))
    if (typeof value === 'object') {
      for (const [variable, chosen] of Object.entries(value))
        for (const one of chosen) params.append(VARIABLE_PREFIX + variable, one);
    } else if (value !== undefined && value !== '') params.set(name, String(value));
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

export function timeRangeSearch(raw: Raw): TimeRangeSearch {
  const from = timestampOf(raw['from']);
  const to = timestampOf(raw['to']);
  return {
    ...optional('range', textOf(raw['range'])),
    ...(from === undefined || to === undefined ? {} : { from, to }),
    ...optional('tz', zoneOf(raw['tz'])),
  };
}

/** Range and zone go along from page to page: where the next search names none, it is that of the one before. */
export function keepTimeRange<T extends TimeRangeSearch>(before: TimeRangeSearch, next: T): T {
  const zoned = next.tz === undefined ? { ...next, ...optional('tz', before.tz) } : next;
  if (next.range !== undefined || next.from !== undefined) return zoned;
  const { range, from, to } = before;
  return { ...zoned, ...optional('range', range), ...optional('from', from), ...optional('to', to) };
}

export function exploreSearch(raw: Raw): ExploreSearch {
  return {
    ...optional('expr', textOf(raw['expr'])),
    ...optional('view', oneOf(raw['view'], EXPLORE_VIEWS)),
    ...optional('step', textOf(raw['step'])),
    ...optional('stack', oneOf(raw['stack'], ['1'])),
    ...optional('log', oneOf(raw['log'], ['1'])),
  };
}

/** The links that Prometheus puts into messages: `/graph?g0.expr=up&g0.range_input=1h&g0.tab=1`. */
export function exploreSearchOfGraphLink(raw: Raw): ExploreSearch & TimeRangeSearch {
  return {
    ...optional('expr', textOf(raw['g0.expr'])),
    ...optional('range', textOf(raw['g0.range_input'])),
    // Prometheus 2 counts its tabs (1 is the table), Prometheus 3 names them.
    ...(['1', 'table'].includes(textOf(raw['g0.tab']) ?? '') ? { view: 'table' as const } : {}),
  };
}

export function alertsSearch(raw: Raw): AlertsSearch {
  return {
    ...optional('view', oneOf(raw['view'], ALERT_VIEWS)),
    ...optional('q', textOf(raw['q'])),
    ...optional('receiver', textOf(raw['receiver'])),
    ...optional('filter', textOf(raw['filter'])),
    ...optional('group', textOf(raw['group'])),
  };
}

export function newSilenceSearch(raw: Raw): NewSilenceSearch {
  return { ...optional('filter', textOf(raw['filter'])), ...optional('comment', textOf(raw['comment'])) };
}

export function silenceSearch(raw: Raw): SilenceSearch {
  return optional('edit', oneOf(raw['edit'], ['1']));
}

export function targetsSearch(raw: Raw): TargetsSearch {
  return {
    ...optional('q', textOf(raw['q'])),
    ...optional('view', oneOf(raw['view'], TARGET_VIEWS)),
    ...optional('health', oneOf(raw['health'], ['up', 'down', 'unknown'])),
  };
}

export function guardSearch(raw: Raw): GuardSearch {
  return {
    ...optional('view', oneOf(raw['view'], GUARD_VIEWS)),
    ...optional('q', textOf(raw['q'])),
    ...optional('show', oneOf(raw['show'], GUARD_SHOWS)),
    ...optional('policy', textOf(raw['policy'])),
  };
}

export function banSearch(raw: Raw): BanSearch {
  return {
    ...optional('subject', textOf(raw['subject'])),
    ...optional('scope', oneOf(raw['scope'], ['user', 'ip', 'range', 'session', 'key'])),
  };
}

export function optional<K extends string, const V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}

export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function zoneOf(value: unknown): string | undefined {
  const zone = textOf(value);
  return zone !== undefined && isZone(zone) ? zone : undefined;
}

export function oneOf<const T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((choice) => choice === value);
}

/** Milliseconds, or a date that the browser can read. */
function timestampOf(value: unknown): number | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  const timestampMs = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(timestampMs) ? undefined : timestampMs;
}
