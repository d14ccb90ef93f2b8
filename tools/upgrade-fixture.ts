/**
 * `node tools/upgrade-fixture.ts DIR`: writes a small data directory in the formats of this commit, for
 * `test/upgrade.test.ts` of the commits that follow, with what is in it as `expected.json`.
 *
 * 1. Samples: a block of every level (two rounds of twelve merge), blocks not yet merged, tombstones over them, and
 *    a log that holds what no block has: decimals, doubles, staleness markers, native histograms with both kinds of
 *    bounds, late samples, exemplars.
 * 2. State: a server that fires one alert and tells a webhook of it.
 *
 * Times are fixed, so a second run writes the same samples.
 */
import { rmSync, writeFileSync, mkdirSync, cpSync } from 'node:fs';
import * as path from 'node:path';
import { createMatcher, labelsOf, SampleBatchBuilder, type NativeHistogram } from '@vedette/model';
import type { Tsdb } from '@vedette/tsdb';
import { routeOf, rulesOf, startHook } from '../test/support/alerting-scene.ts';
import { runWithLifetime } from '../test/support/lifetime.ts';
import { openStoredTsdb, readContent, type StoredContent } from '../test/support/stored-content.ts';
import { until } from '../test/support/until.ts';
import { startVedette, type Lifetime } from '../test/support/vedette-process.ts';

const START_MS = Date.UTC(2026, 0, 2);
const STEP_MS = 60_000;
/** Twelve of twelve make a block of level 2, twelve more one of level 1, one more stays. */
const FLUSHES = 12 * 12 + 12 + 1;

const NO_BUCKETS = { spans: [], counts: new Float64Array(0) };

function histogramAt(step: number, isCustom: boolean): NativeHistogram {
  const counts = Float64Array.of(step, step + 2, 1);
  return {
    schema: isCustom ? -53 : 3,
    count: 2 * step + 3,
    sum: step / 4,
    zeroThreshold: isCustom ? 0 : 2 ** -128,
    zeroCount: 0,
    positive: { spans: [{ offset: isCustom ? 0 : -2, length: 3 }], counts },
    negative: NO_BUCKETS,
    customBounds: isCustom ? Float64Array.of(0.1, 1) : new Float64Array(0),
    counterReset: 'unknown',
  };
}

/** One step of every series. Late ones are told apart by their own series, which goes back on every fifth. */
async function appendStep(tsdb: Tsdb, step: number): Promise<void> {
  const builder = new SampleBatchBuilder();
  const atMs = START_MS + step * STEP_MS;
  builder.openSeries(labelsOf({ __name__: 'decimal', job: 'a' }));
  builder.addSample(atMs, step / 4);
  builder.openSeries(labelsOf({ __name__: 'double', job: 'ä' }));
  builder.addSample(atMs, step === 7 ? -0 : step === 8 ? NaN : step === 9 ? Infinity : Math.sqrt(step));
  builder.openSeries(labelsOf({ __name__: 'gone', job: 'a' }));
  if (step % 10 === 9) builder.addStaleMarker(atMs);
  else builder.addSample(atMs, step);
  builder.openSeries(labelsOf({ __name__: 'late' }));
  builder.addSample(step % 5 === 4 ? atMs - 2.5 * STEP_MS : atMs, step);
  for (const isCustom of [false, true]) {
    builder.openSeries(labelsOf({ __name__: 'latency', bounds: isCustom ? 'custom' : 'exponential' }));
    builder.addHistogram(atMs, histogramAt(step, isCustom));
  }
  const exemplar = { labels: labelsOf({ trace_id: `t${step}` }), value: step / 8, timestampMs: atMs };
  const exemplars = step % 50 === 0 ? [{ series: 0, ...exemplar }] : [];
  const { refusals } = await tsdb.writer.append({ ...builder.finish(), exemplars });
  if (refusals.length > 0) throw new Error(JSON.stringify(refusals));
}

async function writeMetrics(directory: string): Promise<StoredContent> {
  const { tsdb, clock, warnings } = await openStoredTsdb(directory, START_MS + 86_400_000);
  for (let flush = 0; flush < FLUSHES; flush++) {
    await appendStep(tsdb, 2 * flush);
    await appendStep(tsdb, 2 * flush + 1);
    await tsdb.flush();
    // The tick that merges; the flush after it waits for its end.
    await clock.advance(5000);
    await tsdb.flush();
  }
  const range = { fromMs: START_MS + 290 * STEP_MS, untilMs: START_MS + 400 * STEP_MS };
  await tsdb.deleteSeries([[createMatcher('__name__', '=', 'gone')]], range);
  for (let step = 2 * FLUSHES; step < 2 * FLUSHES + 20; step++) await appendStep(tsdb, step);
  const content = await readContent(tsdb.reader);
  await tsdb.close();
  if (warnings.length > 0) throw new Error(warnings.join('\n'));
  return content;
}

async function writeState(t: Lifetime, target: string): Promise<{ alerts: unknown; notifications: unknown }> {
  const hook = await startHook(t);
  const dataDirectory = path.join(target, 'state');
  mkdirSync(path.join(target, 'rules'), { recursive: true });
  const rules = path.join(target, 'rules', 'rules.yml');
  writeFileSync(rules, rulesOf('alert: Always, expr: vector(1), labels: { severity: page }'));
  const config = `global: { evaluation_interval: 500ms }
packs: { host: false, containers: false }
rule_files: [ ${rules} ]
${routeOf([hook])}`;
  const vedette = await startVedette(t, { dataDirectory, args: ['--no-host'], config });
  const told = await until('the notification in the log', async () => {
    const entries = await vedette.json<readonly { id: string }[]>('/api/vedette/notifications');
    return entries.length > 0 ? entries : undefined;
  });
  const alerts = await vedette.json<{ data: unknown }>('/api/v1/alerts');
  vedette.kill('SIGTERM');
  await vedette.exited();
  cpSync(path.join(dataDirectory, 'state.db'), path.join(target, 'state.db'));
  rmSync(dataDirectory, { recursive: true });
  rmSync(path.join(target, 'rules'), { recursive: true });
  return { alerts: alerts.data, notifications: told };
}

const [target] = process.argv.slice(2);
if (target === undefined) {
  console.error('usage: node tools/upgrade-fixture.ts DIR');
  process.exit(2);
}
await runWithLifetime(async (lifetime) => {
  const content = await writeMetrics(path.join(target, 'metrics'));
  const state = await writeState(lifetime, path.resolve(target));
  writeFileSync(
    path.join(target, 'expected.json'),
    `${JSON.stringify({ ...content, ...state }, undefined, 1)}\n`,
  );
});
