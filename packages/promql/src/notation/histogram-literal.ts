import { bug, InputError, type HistogramBuckets, type NativeHistogram } from '@vedette/model';
import { addHistograms, subtractHistograms } from '../histogram/histogram-arithmetic.ts';
import { assertRepeat, parseScriptNumber } from './script-number.ts';

export interface HistogramLiteral {
  readonly histogram: NativeHistogram;
  /** The hint is written out, so that an expected histogram means it. */
  readonly hasHint: boolean;
}

const ITEM = /^(\{\{[^{}]*\}\})(?:([+-])(\{\{[^{}]*\}\}))?(?:x([0-9]+))?$/;

/** `{{…}}`, `{{…}}x3` (four of them), or `{{…}}+{{…}}x3`: each the one before plus or minus the second. */
export function parseHistogramItem(item: string): readonly HistogramLiteral[] {
  const match = ITEM.exec(item);
  if (match === null) throw faultOf(`want {{…}}; got "${item}"`);
  const [, first = '', sign, step, times] = match;
  const literals = [parseHistogram(first)];
  const delta = step === undefined ? undefined : parseHistogram(step).histogram;
  assertRepeat(Number(times ?? 0));
  for (let i = 0; i < Number(times ?? 0); i++) {
    const last = literals.at(-1) ?? bug('a series of histograms has a first one');
    literals.push(delta === undefined ? last : { ...last, histogram: combine(last.histogram, delta, sign) });
  }
  return literals;
}

/** A difference in a script keeps the hint that a sum has; the operator of the language makes gauges. */
function combine(a: NativeHistogram, b: NativeHistogram, sign: string | undefined): NativeHistogram {
  const sum = addHistograms(a, b)?.histogram;
  const combined = sign === '-' ? subtractHistograms(a, b)?.histogram : sum;
  if (sum === undefined || combined === undefined) throw faultOf('the ones of mixed schemas cannot be added');
  return { ...combined, counterReset: sum.counterReset };
}

const HINTS: Readonly<Record<string, NativeHistogram['counterReset']>> = {
  unknown: 'unknown',
  reset: 'reset',
  not_reset: 'not-reset',
  gauge: 'gauge',
};

function parseHistogram(literal: string): HistogramLiteral {
  const fields = new Map<string, string>();
  const body = literal.slice(2, -2);
  for (const [, key = '', value = ''] of body.matchAll(/([a-z_]+):(\[[^\]]*\]|\S+)/g)) {
    if (!KEYS.has(key)) throw faultOf(`they have no "${key}"`);
    fields.set(key, value);
  }
  const number = (key: string): number => parseScriptNumber(fields.get(key) ?? '0');
  const list = (key: string): number[] =>
    (fields.get(key) ?? '[]').slice(1, -1).split(/\s+/).filter(Boolean).map(parseScriptNumber);
  const hint = fields.get('counter_reset_hint');
  const counterReset = HINTS[hint ?? 'unknown'];
  if (counterReset === undefined) throw faultOf(`there is no counter reset hint "${hint}"`);
  const histogram: NativeHistogram = {
    schema: number('schema'),
    count: number('count'),
    sum: number('sum'),
    zeroThreshold: number('z_bucket_w'),
    zeroCount: number('z_bucket'),
    positive: runOf(number('offset'), list('buckets')),
    negative: runOf(number('n_offset'), list('n_buckets')),
    customBounds: Float64Array.from(list('custom_values')),
    counterReset,
  };
  return { histogram, hasHint: hint !== undefined };
}

function faultOf(reason: string): InputError {
  return new InputError('VED_QUERY_INVALID', `cannot read histogram: ${reason}`);
}

const KEYS: ReadonlySet<string> = new Set([
  'schema',
  'count',
  'sum',
  'z_bucket',
  'z_bucket_w',
  'buckets',
  'offset',
  'n_buckets',
  'n_offset',
  'custom_values',
  'counter_reset_hint',
]);

function runOf(offset: number, counts: readonly number[]): HistogramBuckets {
  return {
    spans: counts.length === 0 ? [] : [{ offset, length: counts.length }],
    counts: Float64Array.from(counts),
  };
}
