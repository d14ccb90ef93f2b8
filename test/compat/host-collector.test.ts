/**
 * Holds the host collector against node_exporter on the same machine. Our reading is taken between
 * two of its own, so that most values need no tolerance: a counter lies between the two, and a value
 * that both of its readings agree on is ours, too, unless it is one that may swing and come back.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { test, type TestContext } from 'node:test';
import { labelsOfSeriesKey, type SampleBatch } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import {
  createHostCollector,
  hostConfig,
  hostOptionsOf,
} from '../../packages/server/src/ingest/host/index.ts';
import { LINUX_COLLECTORS } from '../../packages/server/src/ingest/host/collectors/list.ts';
import { SystemClock } from '../../packages/server/src/lib/system-clock.ts';
import { SILENT_LOG } from '../../packages/server/src/telemetry/log.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

const PROGRAM = 'prometheus-node-exporter';

/** Differences that we mean: what, and why. */
const DIFFERENCES: readonly { family: RegExp; part: 'existence' | 'labels' | 'value'; reason: string }[] = [
  { family: /^node_exporter_build_info$/, part: 'existence', reason: 'we are not node_exporter' },
  { family: /^promhttp_/, part: 'existence', reason: 'metrics of its HTTP server' },
  {
    family: /^(up|scrape_.*)$/,
    part: 'existence',
    reason: 'Prometheus adds these to a scrape; we write them ourselves',
  },
  {
    family: /^node_time_zone_offset_seconds$/,
    part: 'labels',
    reason: 'a zone is named by its offset (+01 for CET): see machine.ts',
  },
  {
    family: /^node_cpu_(core|package)_throttles_total$/,
    part: 'existence',
    reason: 'left out: four files per core for what a virtual machine does not have',
  },
  { family: /^node_scrape_collector_duration_seconds$/, part: 'value', reason: 'durations of two programs' },
];

/** Gauges that move by themselves: compared with a tolerance relative to their size, and an absolute one. */
const SWINGING: readonly { family: RegExp; ratio: number; absolute: number }[] = [
  {
    family: /^node_memory_(?!MemTotal|SwapTotal|VmallocTotal|Hugepagesize|CommitLimit)/,
    ratio: 0.2,
    absolute: 256 * 2 ** 20,
  },
  { family: /^node_load/, ratio: 0.5, absolute: 1 },
  { family: /^node_procs_/, ratio: 1, absolute: 20 },
  { family: /^node_filesystem_(avail|free)_bytes$/, ratio: 0.01, absolute: 2 ** 30 },
  { family: /^node_filesystem_files_free$/, ratio: 0.01, absolute: 10_000 },
  { family: /^node_filefd_allocated$/, ratio: 0.5, absolute: 1000 },
  { family: /^node_entropy_available_bits$/, ratio: 0.5, absolute: 0 },
  { family: /^node_nf_conntrack_/, ratio: 0.5, absolute: 100 },
  { family: /^node_disk_io_now$/, ratio: 1, absolute: 100 },
  { family: /^node_time_seconds$/, ratio: 0, absolute: 30 },
];

// The kernel may turn a processor's counter back a little; each side holds on to its own highest value.
const COUNTER_SLACK = 0.05;

interface Family {
  type: string;
  /** By labels in text form, the empty ones left out. */
  samples: Map<string, number>;
}
type Families = Map<string, Family>;

const isMissing = spawnSync(PROGRAM, ['--version']).error !== undefined;
const isRequired = process.env['VEDETTE_PEERS'] === 'required';
const clock = new SystemClock();

test(
  'names, types, labels and values are those of node_exporter',
  { skip: isMissing && !isRequired && `${PROGRAM} is not installed` },
  async (t) => {
    const url = await startExporter(t);
    let faults = await compareOnce(url);
    for (let reading = 1; reading < READINGS_MAX && faults.size > 0; reading++) {
      const again = await compareOnce(url);
      faults = new Map([...again].filter(([what]) => faults.has(what)));
    }
    assert.deepEqual([...faults.values()], []);
  },
);

/**
 * The machine goes on while it is read: other programs open sockets, a disk is mounted. What is read wrongly is so each
 * time; what moved between two readings is not.
 */
const READINGS_MAX = 5;

/** Ours between two of its readings: faults by what they are about. */
async function compareOnce(url: string): Promise<ReadonlyMap<string, string>> {
  const before = await scrape(url);
  const ours = familiesOf(await collectOnce());
  const after = await scrape(url);
  const differs = (family: string, part: 'existence' | 'labels' | 'value'): boolean =>
    DIFFERENCES.some((difference) => difference.part === part && difference.family.test(family));
  const named = (families: Families): string[] =>
    [...families.keys()].filter((name) => !differs(name, 'existence')).sort();
  const faults = new Map<string, string>();
  for (const name of named(before)) if (!ours.has(name)) faults.set(name, `${name} is missing`);
  assert.ok(named(ours).length > 100, `only ${named(ours).length} families`);
  for (const name of named(ours)) {
    const [own, low, high] = [ours.get(name)!, before.get(name), after.get(name)];
    if (low === undefined || high === undefined) {
      faults.set(name, `${name} is more than they have`);
      continue;
    }
    if (own.type !== low.type) faults.set(`${name} type`, `${name}: type ${own.type}, want ${low.type}`);
    if (differs(name, 'labels')) continue;
    const wanted = [...low.samples.keys()].sort().join('\n');
    const got = [...own.samples.keys()].sort().join('\n');
    if (got !== wanted) faults.set(`${name} labels`, `${name}: labels\n${got}\nwant\n${wanted}`);
    else if (!differs(name, 'value')) compareValues(name, { own, before: low, after: high }, faults);
  }
  return faults;
}

function compareValues(
  name: string,
  { own, before, after }: Record<'own' | 'before' | 'after', Family>,
  faults: Map<string, string>,
): void {
  for (const [labels, value] of own.samples) {
    const [low, high] = [before.samples.get(labels)!, after.samples.get(labels) ?? Number.NaN];
    if (!isBetween(name, own.type, { value, low, high }))
      faults.set(name + labels, `${name}${labels}: ${value}, want ${low} to ${high}`);
  }
}

function isBetween(
  name: string,
  type: string,
  { value, low, high }: Record<'value' | 'low' | 'high', number>,
): boolean {
  const swing = SWINGING.find(({ family }) => family.test(name));
  if (swing !== undefined) return Math.abs(value - low) <= Math.abs(low) * swing.ratio + swing.absolute;
  if (type === 'gauge') return value === low || value === high;
  return value >= low - COUNTER_SLACK && value <= high + COUNTER_SLACK;
}

async function startExporter(t: TestContext): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`;
  const collectors = LINUX_COLLECTORS.map(({ name }) => `--collector.${name}`);
  const child = spawn(
    PROGRAM,
    [
      `--web.listen-address=${address}`,
      '--web.disable-exporter-metrics',
      '--collector.disable-defaults',
      ...collectors,
    ],
    { stdio: 'ignore' },
  );
  const url = `http://${address}/metrics`;
  t.after(() => child.kill());
  await until(`${PROGRAM} on ${address}`, async () => ((await fetch(url)).ok ? true : undefined));
  return url;
}

/** The first batch in which every collector has ended a run. */
async function collectOnce(): Promise<SampleBatch> {
  const { promise, resolve } = Promise.withResolvers<SampleBatch>();
  const descriptions: SampleBatch['metadata'][] = [];
  const writer = {
    append: (batch: SampleBatch) => {
      descriptions.push(batch.metadata);
      const metadata = descriptions.flatMap((some) => some ?? []);
      const outcomes = familiesOf(batch).get('node_scrape_collector_success')?.samples.size;
      if (outcomes === LINUX_COLLECTORS.length) resolve({ ...batch, metadata });
      return Promise.resolve({
        acceptedCount: batch.values.length,
        acceptedHistogramCount: 0,
        acceptedExemplarCount: 0,
        createdSeriesCount: 0,
        refusals: [],
      });
    },
  };
  const deps = { clock, writer, log: SILENT_LOG, metrics: createMetricsRegistry() };
  const options = hostOptionsOf(hostConfig.parse(undefined));
  const collector = createHostCollector(deps, { ...options, intervalMs: 1000, instance: 'here' });
  collector.start();
  try {
    return await promise;
  } finally {
    await collector.stop();
  }
}

function familiesOf(batch: SampleBatch): Families {
  const types = new Map(batch.metadata?.map(({ family, type }) => [family, type]));
  const families: Families = new Map();
  for (let i = 0; i < batch.seriesCount; i++) {
    const labels = labelsOfSeriesKey(
      batch.keys.subarray(i === 0 ? 0 : batch.keyEnds[i - 1], batch.keyEnds[i]),
    );
    const pairs: [string, string][] = [];
    for (let at = 0; at < labels.length; at += 2) pairs.push([labels[at]!, labels[at + 1]!]);
    const name = pairs.find(([label]) => label === '__name__')?.[1] ?? '';
    const rest = pairs.filter(([label]) => !['__name__', 'job', 'instance'].includes(label));
    addSample(families, name, types.get(name) ?? 'none', rest, batch.values[batch.sampleEnds[i]! - 1]!);
  }
  return families;
}

async function scrape(url: string): Promise<Families> {
  const families: Families = new Map();
  const types = new Map<string, string>();
  for (const line of (await (await fetch(url)).text()).split('\n')) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type !== null) types.set(type[1]!, type[2] === 'untyped' ? 'unknown' : type[2]!);
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (sample === null) continue;
    const pairs = [...(sample[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
      ([, name, value]): [string, string] => [name!, value!],
    );
    const filled = pairs.filter(([, value]) => value !== '');
    addSample(families, sample[1]!, types.get(sample[1]!) ?? 'none', filled, Number(sample[3]));
  }
  return families;
}

function addSample(
  families: Families,
  name: string,
  type: string,
  pairs: [string, string][],
  value: number,
): void {
  let family = families.get(name);
  if (family === undefined) families.set(name, (family = { type, samples: new Map() }));
  family.samples.set(JSON.stringify(pairs.sort(([a], [b]) => (a < b ? -1 : 1))), value);
}
