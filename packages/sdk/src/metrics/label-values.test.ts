import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { boundedLabelValue, LABEL_VALUE_CHARS_MAX } from './label-values.ts';
import { createMetricsRegistry } from './registry.ts';

const LIMIT = LABEL_VALUE_CHARS_MAX;

test('a value at the limit stays, one beyond it is cut, never within a character', () => {
  assert.equal(boundedLabelValue('a'.repeat(LIMIT)), 'a'.repeat(LIMIT));
  assert.equal(boundedLabelValue('a'.repeat(LIMIT + 1)), 'a'.repeat(LIMIT));
  assert.equal(boundedLabelValue(`${'a'.repeat(LIMIT - 1)}🐎`), 'a'.repeat(LIMIT - 1));
  assert.equal(boundedLabelValue(`${'a'.repeat(LIMIT - 2)}🐎b`), `${'a'.repeat(LIMIT - 2)}🐎`);
});

test('whatever comes out is well formed, bounded, and comes out again as it is', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 2000 }), (units) => {
      const once = boundedLabelValue(String.fromCharCode(...units));
      assert.ok(once.isWellFormed() && once.length <= LIMIT);
      assert.equal(boundedLabelValue(once), once);
    }),
  );
});

test('callers without types get the text of what they hand in', () => {
  const registry = createMetricsRegistry();
  const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames: ['code'] });
  const count = (value: unknown): void => hits.inc(1, value as string);
  for (const value of [200, '200', 200, undefined, null, '']) count(value);
  const labels = registry.collect().find(({ name }) => name === 'hits_total')!.samples;
  assert.deepEqual(
    labels.map((sample) => [sample.labels[1], sample.value]),
    [
      ['200', 3],
      ['', 3],
    ],
  );
});

test('hostile values are values like others, each a series of its own', () => {
  const registry = createMetricsRegistry();
  const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames: ['id', 'of'] });
  const hostile = [
    '\0',
    '\n',
    '\r\n',
    '🐎',
    '__proto__',
    'constructor',
    'toString',
    '"}',
    '\\',
    '\u2028',
    '_overflow',
  ];
  for (const id of hostile) for (const of of hostile) hits.inc(1, id, of);
  for (const id of hostile) for (const of of hostile) hits.inc(2, id, of);
  const { samples } = registry.collect().find(({ name }) => name === 'hits_total')!;
  assert.equal(samples.length, hostile.length ** 2);
  assert.ok(samples.every(({ value }) => value === 3));
});

test('megabytes of label are cut, counted, and meet in one series', () => {
  const registry = createMetricsRegistry();
  const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames: ['id'] });
  const long = 'x'.repeat(1_000_000);
  for (const tail of ['a', 'b', 'c']) hits.inc(1, long + tail);
  const families = registry.collect();
  const { samples } = families.find(({ name }) => name === 'hits_total')!;
  assert.deepEqual(
    samples.map(({ labels, value }) => [labels[1], value]),
    [['x'.repeat(LIMIT), 3]],
  );
  const cut = families.find(({ name }) => name === 'sdk_metrics_label_values_cut_total')!;
  assert.deepEqual(cut.samples[0]!.labels, ['metric', 'hits_total']);
  assert.equal(cut.samples[0]!.value, 3);
});

test('two values that would look alike on the page are one series', () => {
  const registry = createMetricsRegistry();
  const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames: ['id'] });
  for (const id of ['\ud800', '\udc00', '\ufffd']) hits.inc(1, id);
  const { samples } = registry.collect().find(({ name }) => name === 'hits_total')!;
  assert.deepEqual(
    samples.map(({ value }) => value),
    [3],
  );
});
