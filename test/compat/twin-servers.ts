import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { remoteWrite, type WrittenSeries } from '../support/remote-write-body.ts';
import { startVedette, temporaryDirectory, type VedetteProcess } from '../support/vedette-process.ts';
import { startPrometheus } from './real-prometheus.ts';

/** Two servers with the same samples, which one client may ask by turns. */
export interface Twins {
  readonly theirs: string;
  readonly ours: string;
  readonly vedette: VedetteProcess;
}

/** Starts both and writes the same bytes to both. Neither collects anything, but for our own metrics, `job="vedette"`. */
export async function startTwins(
  t: TestContext,
  list: readonly WrittenSeries[],
  { rules = 'groups: []\n' }: { readonly rules?: string } = {},
): Promise<Twins> {
  const ruleFile = path.join(temporaryDirectory(t), 'rules.yml');
  writeFileSync(ruleFile, rules);
  const config = `global: { evaluation_interval: 1s }\nrule_files: [ ${ruleFile} ]\n`;
  const [theirs, vedette] = await Promise.all([
    startPrometheus(t, config, ['--web.enable-remote-write-receiver', '--enable-feature=exemplar-storage']),
    startVedette(t, { config: `${config}packs: { host: false }\n`, args: ['--no-host'] }),
  ]);
  await Promise.all([theirs, vedette.url].map((url) => remoteWrite(url, list)));
  return { theirs, ours: vedette.url, vedette };
}

/**
 * Half an hour of a small shop until `lastMs`, 15 s apart and 7 ms after the whole second, so that no sample lies on
 * the border of a range: counters with a restart, a gauge with special values, a histogram, a series that ended.
 */
export function shopSeries(lastMs: number): WrittenSeries[] {
  const times = Array.from({ length: 121 }, (_, i) => lastMs - 1_800_000 + i * 15_000 + 7);
  const series = (
    labels: Record<string, string>,
    valueAt: (i: number) => number | 'stale',
    until = times.length,
  ): WrittenSeries => ({
    labels: { instance: 'shop:80', job: 'shop', ...labels },
    samples: times.slice(0, until).map((timestampMs, i) => [timestampMs, valueAt(i)]),
  });
  const counter = (step: number) => (i: number) => (i < 70 ? i * step : (i - 70) * step);
  return [
    ...['200', '500'].flatMap((code, k) =>
      ['/', '/cart'].map((path, m) =>
        series({ __name__: 'requests_total', code, path }, counter(1 + k * 3 + m * 7)),
      ),
    ),
    series({ __name__: 'temperature', zone: 'süd "1"\\a' }, (i) => (i === 40 ? NaN : 20 + Math.sin(i) * 3)),
    series({ __name__: 'temperature', zone: 'line\nbreak' }, (i) => (i === 120 ? -Infinity : i / 7)),
    series({ __name__: 'temperature', zone: '' }, (i) => (i % 3 === 0 ? 1e-9 : 1e21)),
    ...['0.1', '0.5', '1', '+Inf'].map((le, k) => ({
      ...series({ __name__: 'latency_seconds_bucket', le }, (i) => i * (k + 1)),
      exemplars: [{ labels: { trace_id: `4bf92f35${k}` }, timestampMs: lastMs - 60_000 + k, value: k / 4 }],
    })),
    series({ __name__: 'gone', part: 'x' }, (i) => (i === 90 ? 'stale' : i), 91),
    series({ __name__: 'up' }, () => 1),
  ];
}
