/**
 * What a round costs: the real files door over a tree of ordinary files of the same sizes, on a memory disk.
 * The kernel makes the real ones up at the read, which costs it some 5 µs more a file.
 * Run: node packages/server/src/ingest/containers/container-collector.bench.ts [CONTAINERS]
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { VirtualClock, type MetricsWriter } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { containersConfig, containerOptionsOf } from './config.ts';
import { createContainerCollector } from './container-collector.ts';
import { createContainerFiles, type ContainerFiles } from './container-files.ts';
import { cgroupTexts, MACHINE, processTexts, type Texts } from './containers-fixture.ts';

const CONTAINER_COUNT = Number(process.argv[2] ?? 50);
const SERVICE_COUNT = 100;
const ROUND_COUNT = 40;

const root = mkdtempSync(join(process.platform === 'linux' ? '/dev/shm' : tmpdir(), 'vedette-bench-'));
try {
  writeTree();
  await measure();
} finally {
  rmSync(root, { recursive: true });
}

function writeTree(): void {
  const texts: Texts = { ...MACHINE };
  for (let i = 0; i < CONTAINER_COUNT; i++) {
    const id = i.toString(16).padStart(64, 'a');
    Object.assign(texts, cgroupTexts(`/system.slice/docker-${id}.scope`, 1000 + i), processTexts(1000 + i));
  }
  for (let i = 0; i < SERVICE_COUNT; i++)
    Object.assign(texts, cgroupTexts(`/system.slice/unit-${i}.service`, 5000 + i));
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(root + path), { recursive: true });
    if (path.includes('/fd/')) symlinkSync('socket:[1]', root + path);
    else writeFileSync(root + path, text);
  }
  for (let pid = 1000; pid < 1000 + CONTAINER_COUNT; pid++) {
    mkdirSync(`${root}/proc/${pid}/ns`);
    symlinkSync(`net:[${pid}]`, `${root}/proc/${pid}/ns/net`);
  }
}

async function measure(): Promise<void> {
  const real = createContainerFiles();
  const files: ContainerFiles = {
    read: (path) => real.read(root + path),
    directories: (path) => real.directories(root + path),
    link: (path) => real.link(root + path),
    names: (path, max) => real.names(root + path, max),
  };
  const clock = new VirtualClock({ startMs: 1_700_000_100_000 });
  let rowCount = 0;
  const writer: MetricsWriter = {
    append: (batch) => {
      rowCount = batch.seriesCount;
      return Promise.resolve({
        acceptedCount: batch.seriesCount,
        acceptedHistogramCount: 0,
        acceptedExemplarCount: 0,
        createdSeriesCount: 0,
        refusals: [],
      });
    },
  };
  const options = containerOptionsOf(containersConfig.parse({ socket: 'none' }));
  const collector = createContainerCollector(
    { clock, writer, log: SILENT_LOG, metrics: createMetricsRegistry(), files },
    { ...options, instance: 'web-1' },
  );
  collector.start();
  await clock.advance(0);
  const cpuMs: number[] = [];
  for (let i = 0; i < ROUND_COUNT; i++) {
    const before = process.cpuUsage();
    await clock.advance(options.intervalMs);
    const { user, system } = process.cpuUsage(before);
    cpuMs.push((user + system) / 1000);
  }
  await collector.stop();
  const sum = cpuMs.reduce((a, b) => a + b, 0);
  const coreShare = sum / ROUND_COUNT / options.intervalMs;
  console.log(
    `${CONTAINER_COUNT} containers, ${SERVICE_COUNT} services, ${rowCount} rows a round: ` +
      `mean ${(sum / ROUND_COUNT).toFixed(1)} ms of CPU, longest ${Math.max(...cpuMs).toFixed(1)} ms, ` +
      `${(coreShare * 100).toFixed(2)} % of a core`,
  );
}
