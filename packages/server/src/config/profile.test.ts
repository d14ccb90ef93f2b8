import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadConfig, type Config } from './load.ts';
import { applyProfile, parseProfileName, PROFILES } from './profile.ts';
import { loadStartSettings } from './start-settings.ts';

const DAY = 86_400_000;

async function load(t: TestContext, text: string): Promise<Config> {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-profile-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'vedette.yml');
  writeFileSync(file, text);
  return (await loadConfig(file, { env: {}, shownAs: 'my.yml', profile: 'small' })).config;
}

function retentionOf({ storage: { metrics } }: Config): number {
  return metrics.engine === 'embedded' ? metrics.retention : 0;
}

test('every profile is a valid configuration', () => {
  for (const profile of Object.keys(PROFILES)) assert.equal(parseProfileName(profile), profile);
  assert.throws(() => parseProfileName('tiny'), /cannot use --profile "tiny": want small/);
  assert.throws(() => parseProfileName('toString'), /want small/);
});

test('the profile counts where the file says nothing, the file key by key', async (t) => {
  const all = await load(t, '');
  assert.equal(all.global.scrape_interval, 30_000);
  assert.equal(all.global.evaluation_interval, 30_000);
  assert.equal(retentionOf(all), 7 * DAY);
  assert.equal(all.query.max_samples, 5_000_000);
  const some = await load(t, 'global:\n  scrape_interval: 5s\nstorage:\n  metrics:\n    retention: 2d\n');
  assert.deepEqual([some.global.scrape_interval, some.global.evaluation_interval], [5000, 30_000]);
  assert.equal(retentionOf(some), 2 * DAY);
  assert.equal(some.host.interval, 10_000);
  // An empty section is none.
  assert.equal((await load(t, 'global:\n')).global.scrape_interval, 30_000);
});

test('what the file says by another name is not said twice', async (t) => {
  const theirs = await load(t, 'storage:\n  tsdb:\n    retention: { time: 20d }\n');
  assert.equal(theirs.storage.tsdb?.retention?.time, 20 * DAY);
  const elsewhere = await load(
    t,
    'storage:\n  metrics: { engine: prometheus, url: "http://127.0.0.1:9090" }\n',
  );
  assert.equal(elsewhere.storage.metrics.engine, 'prometheus');
  assert.equal(elsewhere.storage.exemplars.max_exemplars, 5000);
});

test('a fault of the file is at its place, beside a profile too', async (t) => {
  await assert.rejects(load(t, 'global:\n  scrape_intervall: 5s\n'), /my\.yml:2:3/);
  await assert.rejects(load(t, 'global: 5\n'), /my\.yml:1:9/);
  await assert.rejects(load(t, '- a\n'), /my\.yml:1/);
});

test('which keys the profile decides is told', () => {
  const { settings } = applyProfile({ global: { scrape_interval: '5s' }, query: null }, 'small');
  const keys = settings.map(({ key }) => key);
  assert.ok(!keys.includes('global.scrape_interval'));
  assert.ok(keys.includes('global.evaluation_interval') && keys.includes('query.max_samples'));
  assert.deepEqual(applyProfile([], 'small').value, []);
});

test('the profile comes by flag or by environment, and is shown with the configuration', async () => {
  const workingDirectory = import.meta.dirname;
  const byFlag = await loadStartSettings({ profile: 'small' }, { env: {}, workingDirectory });
  const byVariable = await loadStartSettings({}, { env: { VEDETTE_PROFILE: 'small' }, workingDirectory });
  assert.deepEqual([byFlag.profile, byVariable.profile], ['small', 'small']);
  assert.match(byFlag.configYaml, /scrape_interval: 30s/);
  assert.match(byFlag.configYaml, /retention: 1w/);
  const none = await loadStartSettings({}, { env: {}, workingDirectory });
  assert.equal(none.profile, undefined);
  await assert.rejects(
    loadStartSettings({ profile: 'huge' }, { env: {}, workingDirectory }),
    /--profile "huge": want small/,
  );
});
