/** The collector over a control group of this very machine, against the kernel's own numbers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMetricsRegistry } from '@vedette/sdk';
import { SystemClock } from '../../lib/system-clock.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { RecordingWriter } from '../self/recording-writer.ts';
import { containersConfig, containerOptionsOf } from './config.ts';
import { createContainerCollector } from './container-collector.ts';

/** A group named like a container of Docker, in whatever cgroup v2 is mounted; `undefined` where we may not make one. */
function createGroup(): { readonly root: string; readonly path: string; readonly id: string } | undefined {
  const mounts = process.platform === 'linux' ? readFileSync('/proc/mounts', 'utf8') : '';
  const root = / (\S+) cgroup2 /.exec(mounts)?.[1];
  if (root === undefined) return undefined;
  const id = process.pid.toString(16).padStart(64, '0');
  const path = `/docker-${id}.scope`;
  try {
    mkdirSync(root + path);
    return { root, path, id };
  } catch {
    return undefined;
  }
}

const group = createGroup();
const skip = group === undefined && 'no control group of version 2 can be made here';

test('a control group of this machine reads as the kernel has it', { skip }, async (t) => {
  assert.ok(group !== undefined);
  const { root, path, id } = group;
  const child = spawn(
    '/bin/sh',
    ['-c', 'read go; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done; read x'],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  t.after(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    rmdirSync(root + path);
  });
  writeFileSync(join(root + path, 'cgroup.procs'), `${child.pid}\n`);
  child.stdin.write('go\n');
  await once(child.stdout, 'data');
  const usageSeconds = (): number =>
    Number(/^usage_usec (\d+)/.exec(readFileSync(join(root + path, 'cpu.stat'), 'utf8'))?.[1]) / 1e6;

  const before = usageSeconds();
  const values = await readOnce(root);
  const after = usageSeconds();
  const of = (family: string): number => {
    const found = [...values].find(([series]) => series.startsWith(`${family}{`) && series.includes(id))?.[1];
    assert.equal(typeof found, 'number', family);
    return Number(found);
  };
  const usage = of('container_cpu_usage_seconds_total');
  assert.ok(usage > 0 && before <= usage && usage <= after, `${before} <= ${usage} <= ${after}`);
  assert.equal(of('container_processes'), 1);
  assert.equal(of('container_file_descriptors'), readdirSync(`/proc/${child.pid}/fd`).length);
  const age = Date.now() / 1000 - of('container_start_time_seconds');
  assert.ok(age > -2 && age < 60, `began ${age} s ago`);
  assert.ok(of('container_last_seen') > 1_600_000_000);
});

/** The rows of one round of the real collector. */
async function readOnce(cgroupRoot: string): Promise<ReadonlyMap<string, number | 'stale'>> {
  const writer = new RecordingWriter();
  const options = containerOptionsOf(
    containersConfig.parse({ enabled: true, socket: 'none', interval: '1h' }),
  );
  const collector = createContainerCollector(
    { clock: new SystemClock(), writer, log: SILENT_LOG, metrics: createMetricsRegistry() },
    { ...options, instance: 'here', cgroupRoot },
  );
  collector.start();
  await collector.stop();
  return writer.batches[0] ?? new Map();
}
