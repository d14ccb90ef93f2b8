import { bug } from './bug.ts';
import { compareUtf8 } from './utf8.ts';

declare const labelsBrand: unique symbol;

/**
 * A label set: one flat array `[name, value, name, value, …]`, sorted by the UTF-8 bytes of the name,
 * no name twice, no empty value (an absent and an empty label are the same). Immutable. The metric
 * name is the label `__name__`. Build it with the functions below, never by hand.
 */
export type Labels = readonly string[] & { readonly [labelsBrand]: true };

export const METRIC_NAME = '__name__';

/** The empty label set. */
export const NO_LABELS: Labels = brand([]);

/** From an object; empty values are left out. `labelsOf({ b: '2', a: '1' })` is `['a', '1', 'b', '2']`. */
export function labelsOf(record: Readonly<Record<string, string>>): Labels {
  return labelsFromPairs(Object.entries(record));
}

/** From pairs in any order; empty values are left out; of a repeated name the last one counts. */
export function labelsFromPairs(pairs: Iterable<readonly [string, string]>): Labels {
  const byName = new Map<string, string>();
  for (const [name, value] of pairs) byName.set(name, value);
  const kept = [...byName].filter(([, value]) => value !== '').sort((a, b) => compareUtf8(a[0], b[0]));
  return brand(kept.flat());
}

/** Takes over a flat array that already satisfies the rules of `Labels`; a broken rule is a bug. Not copied. */
export function labelsFromSorted(flat: readonly string[]): Labels {
  if (flat.length % 2 !== 0) bug(`labels come in pairs; got ${flat.length} strings`);
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i + 1] === '') bug(`label "${flat[i]}" must not be empty`);
    if (i > 0 && compareUtf8(flat[i - 2] ?? '', flat[i] ?? '') >= 0)
      bug(`labels must be sorted; got "${flat[i]}" after "${flat[i - 2]}"`);
  }
  return brand(flat);
}

/** The value, or the empty string when the label is absent. */
export function labelValueOf(labels: Labels, name: string): string {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return labels[i + 1] ?? '';
  return '';
}

/** A label set with `name` set to `value`, or without it when `value` is empty. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const flat: string[] = [];
  let placed = value === '';
  for (let i = 0; i < labels.length; i += 2) {
    const own = labels[i] ?? '';
    if (own === name) continue;
    if (!placed && compareUtf8(own, name) > 0) {
      flat.push(name, value);
      placed = true;
    }
    flat.push(own, labels[i + 1] ?? '');
  }
  if (!placed) flat.push(name, value);
  return brand(flat);
}

/** A label set without the named labels. */
export function withoutLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return filterLabels(labels, (name) => !names.has(name));
}

/** A label set without the metric name. */
export function withoutMetricName(labels: Labels): Labels {
  // Names of most labels are lower case, so that `__name__` comes first and the rest is copied at once.
  return labels[0] === METRIC_NAME ? brand(labels.slice(2)) : withoutLabels(labels, METRIC_NAME_ONLY);
}

const METRIC_NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME]);

/** A label set of the named labels alone. */
export function onlyLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return filterLabels(labels, (name) => names.has(name));
}

function filterLabels(labels: Labels, keep: (name: string) => boolean): Labels {
  const flat: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] ?? '';
    if (keep(name)) flat.push(name, labels[i + 1] ?? '');
  }
  return flat.length === labels.length ? labels : brand(flat);
}

/** Order of series in results: name, value, name, value…, by UTF-8 bytes; a prefix comes first. */
export function compareLabels(a: Labels, b: Labels): number {
  const lengthMin = Math.min(a.length, b.length);
  for (let i = 0; i < lengthMin; i++) {
    const x = a[i] ?? '';
    const y = b[i] ?? '';
    if (x !== y) return compareUtf8(x, y);
  }
  return a.length - b.length;
}

export function labelsEqual(a: Labels, b: Labels): boolean {
  return a.length === b.length && a.every((part, i) => part === b[i]);
}

/** A string that two label sets share exactly when they are equal. For Map keys; not for people, not for disk. */
export function labelsKeyOf(labels: Labels): string {
  // U+FFFF is no character, so it can stand in no valid label.
  return labels.join('\uffff');
}

/** An object with the labels in their order, for JSON. */
export function labelsToRecord(labels: Labels): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i < labels.length; i += 2) {
    // defineProperty would be needed for `__proto__` alone; assignment there is silently lost.
    if (labels[i] === '__proto__')
      Object.defineProperty(record, '__proto__', {
        value: labels[i + 1],
        enumerable: true,
        writable: true,
        configurable: true,
      });
    else record[labels[i] ?? ''] = labels[i + 1] ?? '';
  }
  return record;
}

const LEGACY_METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** As Prometheus prints a series: `up{job="node"}`, `{"a.b", "x.y"="1"}` where a name needs quotes. */
export function formatLabels(labels: Labels): string {
  const metric = labelValueOf(labels, METRIC_NAME);
  const isPlain = metric === '' || LEGACY_METRIC_NAME.test(metric);
  const parts: string[] = isPlain ? [] : [JSON.stringify(metric)];
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] ?? '';
    if (name === METRIC_NAME) continue;
    parts.push(
      `${LEGACY_LABEL_NAME.test(name) ? name : JSON.stringify(name)}=${JSON.stringify(labels[i + 1])}`,
    );
  }
  if (isPlain && metric !== '' && parts.length === 0) return metric;
  return `${isPlain ? metric : ''}{${parts.join(', ')}}`;
}

function brand(flat: readonly string[]): Labels {
  return flat as Labels;
}
