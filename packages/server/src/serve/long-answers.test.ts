import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, type Labels, type Page } from '@vedette/model';
import { SystemClock } from '../lib/system-clock.ts';
import { SLICE_MS_MAX } from '../lib/time-slicer.ts';
import type { HttpServerDeps } from './http-server.ts';
import type { ActiveAlertView, CardinalityEntry } from './prometheus-api/views.ts';
import { createTestDeps, FakePromQuery, startTestServer } from './test-server.ts';

/** Long enough that an answer written in one go would take far more than a slice. */
const ENTRIES = 20_000;

/** What each look at the clock is taken to have been worth in work: eight entries of 12 µs. */
const WORK_MS_PER_LOOK = 0.1;

/** A clock on which time passes by being looked at, so that slices have a length without real time. */
class LookClock extends SystemClock {
  yieldCount = 0;
  longestSliceMs = 0;
  #nowMs = 0;
  #sliceStartMs = 0;

  override monotonicMs(): number {
    this.#nowMs += WORK_MS_PER_LOOK;
    return this.#nowMs;
  }

  override async yield(): Promise<void> {
    this.yieldCount++;
    this.longestSliceMs = Math.max(this.longestSliceMs, this.#nowMs - this.#sliceStartMs);
    await super.yield();
    this.#sliceStartMs = this.#nowMs;
  }

  forget(): void {
    this.yieldCount = 0;
    this.longestSliceMs = 0;
    this.#sliceStartMs = this.#nowMs;
  }
}

const numbers = Array.from({ length: ENTRIES }, (_, i) => i);

class LargePromQuery extends FakePromQuery {
  override series(): Promise<Page<Labels>> {
    return Promise.resolve({
      items: numbers.map((i) => labelsOf({ __name__: 'up', i: `${i}` })),
      isTruncated: false,
    });
  }

  override labelNames(): Promise<Page<string>> {
    return Promise.resolve({ items: numbers.map(String), isTruncated: false });
  }

  override labelValues(): Promise<Page<string>> {
    return this.labelNames();
  }

  override metadata(): ReturnType<FakePromQuery['metadata']> {
    return Promise.resolve(numbers.map((i) => ({ family: `m${i}`, type: 'gauge', help: 'x', unit: '' })));
  }
}

function largeDeps(): Partial<HttpServerDeps> {
  const query = new LargePromQuery();
  query.answers.set('many', () => numbers.map((i) => ({ labels: { i: `${i}` }, valueAt: () => i })));
  query.answers.set('long', () =>
    numbers.slice(0, 250).map((i) => ({ labels: { i: `${i}` }, valueAt: () => i })),
  );
  const alerts = numbers.map((i): ActiveAlertView => ({
    labels: labelsOf({ alertname: 'A', i: `${i}` }),
    annotations: labelsOf({}),
    state: i % 2 === 0 ? 'firing' : 'pending',
    activeAtMs: i,
    keepFiringSinceMs: undefined,
    value: i,
  }));
  const last = { health: 'ok', error: undefined, atMs: 0, tookMs: 1 } as const;
  const rule = { name: 'A', expr: 'up', forMs: 0, keepFiringForMs: 0, labels: [], annotations: [] };
  const entries = numbers.map((value): CardinalityEntry => ({ name: `n${value}`, value }));
  return {
    query,
    rules: {
      groups: () => [
        {
          name: 'g',
          file: 'f.yml',
          intervalMs: 1000,
          limit: 0,
          evaluationTookMs: 1,
          lastEvaluationMs: 0,
          rules: [{ kind: 'alerting', rule, last, state: 'firing', alerts }],
        },
      ],
    },
    targets: {
      targets: () => ({
        active: [],
        dropped: numbers.map((i) => ({ discoveredLabels: labelsOf({ i: `${i}` }), scrapePool: 'p' })),
        droppedCounts: { p: ENTRIES },
      }),
    },
    storage: {
      ...createTestDeps().storage,
      cardinality: () => ({
        labelPairCount: ENTRIES,
        seriesByMetric: entries,
        valuesByLabel: entries,
        bytesByLabel: entries,
        seriesByLabelPair: entries,
      }),
    },
  };
}

test('an answer of any length leaves the event loop free', async (t) => {
  const clock = new LookClock();
  const server = await startTestServer({ ...largeDeps(), clock });
  t.after(() => server.close());
  for (const path of [
    '/api/v1/rules',
    '/api/v1/alerts',
    '/api/alerts',
    '/api/v1/targets',
    '/api/v1/status/tsdb?limit=10000',
    '/api/v1/series?match[]=up',
    '/api/v1/labels',
    '/api/v1/label/x/values',
    '/api/v1/metadata',
    '/api/v1/query?query=many',
    '/api/v1/query_range?query=long&start=0&end=10000&step=1',
  ]) {
    clock.forget();
    const response = await fetch(server.address + path);
    const text = await response.text();
    assert.equal(response.status, 200, `${path}: ${text.slice(0, 200)}`);
    assert.ok(text.length > ENTRIES, path);
    JSON.parse(text);
    // A question for each entry, a look for every eighth question, a yield for each slice of 4 ms.
    const yieldsWanted = Math.floor(((ENTRIES / 8) * WORK_MS_PER_LOOK) / SLICE_MS_MAX);
    assert.ok(clock.yieldCount >= yieldsWanted, `${path}: ${clock.yieldCount} yields, want ${yieldsWanted}`);
    assert.ok(clock.longestSliceMs <= SLICE_MS_MAX, `${path}: a slice of ${clock.longestSliceMs} ms`);
  }
});
