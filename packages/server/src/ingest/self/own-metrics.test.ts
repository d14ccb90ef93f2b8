import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { createMetricsRegistry, type InstrumentOptions, type MetricsRegistry } from '@vedette/sdk';
import { createLog } from '../../telemetry/create-log.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { registerProcessMetrics } from '../../telemetry/process-metrics.ts';
import { containersConfig, containerOptionsOf } from '../containers/config.ts';
import { createContainerCollector } from '../containers/container-collector.ts';
import { hostConfig, hostOptionsOf } from '../host/config.ts';
import { createHostCollector } from '../host/host-collector.ts';
import { RecordingWriter } from './recording-writer.ts';
import { createSelfCollector } from './self-collector.ts';

const GOLDEN = join(import.meta.dirname, '../../telemetry/own-metrics.golden.txt');

/** A registry that notes what is created in it: `name type label,label help`. */
function createNotingRegistry(notes: string[]): MetricsRegistry {
  const inner = createMetricsRegistry();
  const note = <T extends InstrumentOptions>(type: string, options: T): T => {
    notes.push(`${options.name} ${type} {${(options.labelNames ?? []).join(',')}} ${options.help}`);
    return options;
  };
  return {
    counter: (options) => inner.counter(note('counter', options)),
    gauge: (options) => inner.gauge(note('gauge', options)),
    histogram: (options) => inner.histogram(note('histogram', options)),
    summary: (options) => inner.summary(note('summary', options)),
    onCollect: (read) => inner.onCollect(read),
    collect: () => inner.collect(),
    read: () => inner.read(),
    clear: () => inner.clear(),
  };
}

// Other systems have fewer: Node learns memory and descriptors from /proc.
const skip = process.platform !== 'linux' && 'the list is that of Linux';

test('the metrics of telemetry and of the inner collectors are those of the golden list', { skip }, (t) => {
  const notes: string[] = [];
  const clock = new VirtualClock({ startMs: 0 });
  const metrics = createNotingRegistry(notes);
  const own = registerProcessMetrics({ clock, metrics }, { version: '0' });
  t.after(() => own.stop());
  createLog({ clock, metrics, stream: process.stderr }, { format: 'json', level: 'info' });
  const deps = { clock, metrics, writer: new RecordingWriter(), log: SILENT_LOG };
  createSelfCollector(deps, { intervalMs: 2000, instance: 'i' });
  createHostCollector(deps, { ...hostOptionsOf(hostConfig.parse(undefined)), instance: 'i' });
  createContainerCollector(deps, { ...containerOptionsOf(containersConfig.parse(undefined)), instance: 'i' });
  const text = `${notes.sort().join('\n')}\n`;
  // Written anew with VEDETTE_UPDATE=1; look at the difference before committing it.
  if (process.env['VEDETTE_UPDATE'] === '1') writeFileSync(GOLDEN, text);
  assert.equal(text, readFileSync(GOLDEN, 'utf8'));
});
