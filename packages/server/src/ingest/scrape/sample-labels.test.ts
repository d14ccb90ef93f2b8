import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRelabelRule, labelsOf, labelsToRecord } from '@vedette/model';
import { createSampleLabels, type SampleLabelsOptions } from './sample-labels.ts';

const LIMITS = { labelCountMax: 4, nameBytesMax: 10, valueBytesMax: 10 };

const map = (exposed: readonly string[], options: Partial<SampleLabelsOptions> = {}): unknown => {
  const labels = createSampleLabels({
    targetLabels: labelsOf({ instance: 'i', job: 'j' }),
    honorLabels: false,
    metricRelabelRules: [],
    limits: { labelCountMax: 100, nameBytesMax: 1000, valueBytesMax: 1000 },
    isLegacyNames: false,
    ...options,
  }).map(['__name__', 'm', ...exposed]);
  return labels === undefined ? undefined : labelsToRecord(labels);
};

test("the target's labels win, and what they hide is kept under another name", () => {
  assert.deepEqual(map(['a', '1']), { __name__: 'm', a: '1', instance: 'i', job: 'j' });
  assert.deepEqual(map(['job', 'own']), { __name__: 'm', exported_job: 'own', instance: 'i', job: 'j' });
  assert.deepEqual(map(['job', 'own', 'exported_job', 'taken']), {
    __name__: 'm',
    exported_exported_job: 'own',
    exported_job: 'taken',
    instance: 'i',
    job: 'j',
  });
  assert.deepEqual(map(['job', '']), { __name__: 'm', instance: 'i', job: 'j' });
});

test("with honor_labels the page's labels win, empty ones too", () => {
  const honor = { honorLabels: true };
  assert.deepEqual(map(['job', 'own'], honor), { __name__: 'm', instance: 'i', job: 'own' });
  assert.deepEqual(map(['instance', ''], honor), { __name__: 'm', job: 'j' });
});

test('metric relabelling sees the merged labels and may drop the series', () => {
  const rules = (options: Parameters<typeof createRelabelRule>[0]): Partial<SampleLabelsOptions> => ({
    metricRelabelRules: [createRelabelRule(options)],
  });
  assert.equal(
    map(['a', '1'], rules({ sourceLabels: ['job', 'a'], regex: 'j;1', action: 'drop' })),
    undefined,
  );
  assert.equal(map([], rules({ regex: '.*', action: 'labeldrop' })), undefined);
  assert.throws(
    () => map([], rules({ regex: '__name__', action: 'labeldrop' })),
    /missing metric name \(__name__ label\)/,
  );
});

test('legacy names are checked when asked for', () => {
  assert.deepEqual(map(['a.b', '1']), { __name__: 'm', 'a.b': '1', instance: 'i', job: 'j' });
  assert.throws(
    () => map(['a.b', '1'], { isLegacyNames: true }),
    /invalid metric name or label names in metric "m"/,
  );
});

test('label limits hold at their number and fail above it', () => {
  const limited = { limits: LIMITS };
  assert.ok(map(['a', '1'], limited));
  assert.throws(() => map(['a', '1', 'b', '2'], limited), {
    message: 'label_limit exceeded (metric: m, number of labels: 5, limit: 4)',
  });
  assert.ok(map(['n'.repeat(10), 'v'.repeat(10)], limited));
  assert.throws(() => map(['n'.repeat(11), '1'], limited), {
    message: 'label_name_length_limit exceeded (metric: m, label name: nnnnnnnnnnn, length: 11, limit: 10)',
  });
  assert.throws(() => map(['a', 'é'.repeat(6)], limited), {
    message:
      'label_value_length_limit exceeded (metric: m, label name: a, value: "éééééé", length: 12, limit: 10)',
  });
  assert.ok(map(['a', 'é'.repeat(5)], limited));
});

test('report series carry the labels of the target', () => {
  const labels = createSampleLabels({
    targetLabels: labelsOf({ instance: 'i' }),
    honorLabels: false,
    metricRelabelRules: [createRelabelRule({ action: 'drop' })],
    limits: LIMITS,
    isLegacyNames: false,
  });
  assert.deepEqual(labelsToRecord(labels.ofReport('up')), { __name__: 'up', instance: 'i' });
});
