import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '@vedette/model';
import { createScene } from '../../packages/server/src/ingest/remote-write/remote-write-fixture.ts';
import { createDataset, timesOf, RECENT_STEP_MS } from '../../bench/dataset.ts';
import { labelFieldsOf, WriteBody } from '../../bench/write-body.ts';

test('our receiver reads from a body what was put in, staleness markers too, and a second body begins anew', async () => {
  const fields = labelFieldsOf(labelsOf({ __name__: 'up', job: 'é' }));
  const body = new WriteBody();
  for (const timestampMs of [1_700_000_000_000, 1_699_999_999_872]) {
    const { store, sendPacked } = createScene();
    body.openSeries(fields);
    body.addSample(timestampMs, 0.1);
    body.addStale(timestampMs + 1);
    body.closeSeries();
    const { bytes, sampleCount } = body.finish();
    assert.equal(sampleCount, 2);
    await sendPacked('v1', bytes);
    assert.deepEqual(store.rows, [
      ['up{job="é"}', timestampMs, 0.1],
      ['up{job="é"}', timestampMs + 1, 'stale'],
    ]);
  }
});

test('no sample of the data set lies on a full second, where windows of the two Prometheus generations differ', () => {
  const { series, recentMs, endMs } = createDataset(1_700_000_123_456);
  const targets = new Set(series.map(({ target }) => target));
  for (const target of targets) {
    const times = timesOf(target, { fromMs: recentMs, untilMs: endMs, stepMs: RECENT_STEP_MS });
    assert.equal(times.length, (endMs - recentMs) / RECENT_STEP_MS);
    assert.ok(
      times.every(
        (timestampMs) => timestampMs % 1000 !== 0 && timestampMs >= recentMs && timestampMs < endMs,
      ),
    );
  }
});
