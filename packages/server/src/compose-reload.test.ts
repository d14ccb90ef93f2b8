import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { Reloader } from './compose-reload.ts';
import { loadStartSettings, type StartSettings } from './config/start-settings.ts';
import { SILENT_LOG, type LogFields } from './telemetry/log.ts';

const initial = await loadStartSettings({}, { env: {}, workingDirectory: import.meta.dirname });

interface Scene {
  readonly clock: VirtualClock;
  readonly reloader: Reloader;
  readonly warnings: LogFields[];
  readonly applied: StartSettings[];
}

function setup(load: () => Promise<StartSettings>): Scene {
  const clock = new VirtualClock({ startMs: 1000 });
  const warnings: LogFields[] = [];
  const applied: StartSettings[] = [];
  const log = { ...SILENT_LOG, warn: (_: string, fields: LogFields = {}) => void warnings.push(fields) };
  const apply = (settings: StartSettings): Promise<void> => Promise.resolve(void applied.push(settings));
  const reloader = new Reloader(
    { clock, log, registry: createMetricsRegistry(), loadSettings: load, apply },
    initial,
  );
  return { clock, reloader, warnings, applied };
}

test('a storm of reloads runs one and one more', async () => {
  let loads = 0;
  const { reloader, applied } = setup(async () => {
    loads++;
    await Promise.resolve();
    return initial;
  });
  const first = reloader.reload();
  await Promise.resolve();
  await Promise.resolve();
  await Promise.all([first, ...Array.from({ length: 100 }, () => reloader.reload())]);
  assert.ok(loads <= 2, `${loads} loads`);
  assert.equal(applied.length, loads);
  await reloader.reload();
  assert.equal(applied.length, loads);
});

test('a faulty file keeps the settings and is remembered as the last outcome', async () => {
  const { clock, reloader, applied } = setup(() => Promise.reject(new Error('line 3')));
  await clock.advance(5000);
  await assert.rejects(reloader.reload(), /line 3/);
  assert.deepEqual(reloader.last, { isSuccess: false, atMs: 6000, fault: 'line 3' });
  assert.equal(reloader.settings, initial);
  assert.deepEqual(applied, []);
});

test('keys that wait for a restart are named', async () => {
  const server = { ...initial.config.server, external_url: 'https://v.example.org' };
  const next = { ...initial, config: { ...initial.config, server } };
  const { reloader, warnings } = setup(() => Promise.resolve(next));
  assert.deepEqual(await reloader.reload(), ['server.external_url']);
  assert.deepEqual(warnings, [{ keys: ['server.external_url'] }]);
  assert.equal(reloader.settings, next);
});

test('a key waits for a restart until it has come, or is what it was again', async () => {
  const server = { ...initial.config.server, accounts: 'enabled' as const };
  let next: StartSettings = { ...initial, config: { ...initial.config, server } };
  const { reloader, warnings } = setup(() => Promise.resolve(next));
  assert.deepEqual(await reloader.reload(), ['server.accounts']);
  assert.deepEqual(await reloader.reload(), ['server.accounts']);
  next = initial;
  assert.deepEqual(await reloader.reload(), []);
  assert.equal(warnings.length, 2);
});
