import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { labelsToRecord, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { DiskFiles } from '../../../lib/disk-files.ts';
import { SILENT_LOG, type Log } from '../../../telemetry/log.ts';
import { FileDiscovery } from './file-discovery.ts';
import { createScrapeMetrics } from '../scrape-metrics.ts';

interface Fixture {
  readonly discovery: FileDiscovery;
  readonly clock: VirtualClock;
  readonly logged: string[];
  write(name: string, text: string): void;
  remove(name: string): void;
  file(name: string): string;
  records(): readonly Record<string, string>[];
}

const fixtureOf = (t: TestContext, patterns: readonly string[], refreshMs = 300_000): Fixture => {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-sd-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const logged: string[] = [];
  const log: Log = {
    ...SILENT_LOG,
    warn: (message, fields) => void logged.push(`${message} ${String(fields?.['error'])}`),
  };
  let underWayCount = 0;
  const clock = new VirtualClock({
    startMs: 0,
    settle: async () => {
      do await new Promise((resolve) => void setImmediate(resolve));
      while (underWayCount > 0);
    },
  });
  const files = new DiskFiles();
  const discovery = new FileDiscovery(
    { clock, files, log, metrics: createScrapeMetrics(createMetricsRegistry()) },
    { kind: 'file', patterns, refreshMs },
    { directory },
  );
  const refresh = discovery.refresh.bind(discovery);
  discovery.refresh = async () => {
    underWayCount++;
    return await refresh().finally(() => underWayCount--);
  };
  return {
    discovery,
    clock,
    logged,
    file: (name) => path.join(directory, name),
    write: (name, text) => {
      mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
      writeFileSync(path.join(directory, name), text);
    },
    remove: (name) => rmSync(path.join(directory, name)),
    records: () => discovery.targets().map(labelsToRecord),
  };
};

const group = (...targets: string[]): string => JSON.stringify([{ targets, labels: { zone: 'z' } }]);

test('targets come from JSON and YAML files, by name and by pattern', async (t) => {
  const fixture = fixtureOf(t, ['one.json', 'more/t*.yml']);
  fixture.write('one.json', group('a:1', 'b:1'));
  fixture.write('more/t1.yml', '- targets: ["c:1"]\n- targets: [d:1]\n  labels: {port: 9100}\n');
  fixture.write('more/other.yml', '- targets: ["e:1"]\n');
  fixture.write('more/t1.json', group('f:1'));
  assert.equal(await fixture.discovery.refresh(), true);
  assert.deepEqual(fixture.records(), [
    { __address__: 'a:1', __meta_filepath: fixture.file('one.json'), zone: 'z' },
    { __address__: 'b:1', __meta_filepath: fixture.file('one.json'), zone: 'z' },
    { __address__: 'c:1', __meta_filepath: fixture.file('more/t1.yml') },
    { __address__: 'd:1', __meta_filepath: fixture.file('more/t1.yml'), port: '9100' },
  ]);
  assert.equal(await fixture.discovery.refresh(), false);
});

test('a file that breaks keeps its last good targets and is reported once', async (t) => {
  const fixture = fixtureOf(t, ['*.json', '*.yaml']);
  fixture.write('a.json', group('a:1'));
  await fixture.discovery.refresh();
  for (const [text, want] of [
    ['[{', /cannot parse ".*a.json": /],
    ['[{"targets": "a:1"}]', /cannot use ".*a.json": [^]*targets/],
    ['[{"target": []}]', /cannot use/],
    ['[{"targets": ["http://a"]}]', /is not a valid hostname/],
    ['\0\xff', /cannot parse/],
  ] as const) {
    fixture.write('a.json', text);
    assert.equal(await fixture.discovery.refresh(), false);
    await fixture.discovery.refresh();
    assert.equal(fixture.logged.length, 1, text);
    assert.match(fixture.logged.pop() ?? '', want);
    assert.equal(fixture.records()[0]?.['__address__'], 'a:1');
  }
  fixture.write('a.json', group('b:1'));
  assert.equal(await fixture.discovery.refresh(), true);
  assert.equal(fixture.records()[0]?.['__address__'], 'b:1');
});

test('an aliased YAML bomb and a file beyond its size are refused', async (t) => {
  const fixture = fixtureOf(t, ['*.yml']);
  const lines = Array.from(
    { length: 20 },
    (_, i) => `a${i + 1}: &a${i + 1} [*a${i},*a${i},*a${i},*a${i},*a${i},*a${i}]`,
  );
  fixture.write('bomb.yml', `a0: &a0 [x]\n${lines.join('\n')}\n`);
  fixture.write('large.yml', `# ${' '.repeat(1024 * 1024)}`);
  assert.equal(await fixture.discovery.refresh(), false);
  assert.match(fixture.logged[0] ?? '', /cannot parse ".*bomb.yml": Excessive alias count/);
  assert.match(
    fixture.logged[1] ?? '',
    /got 1048578 bytes, want at most 1048576; split it or write it as JSON/,
  );
});

test('an empty file has no targets, a removed one takes its targets along', async (t) => {
  const fixture = fixtureOf(t, ['*.yml']);
  fixture.write('a.yml', '- targets: ["a:1"]\n');
  fixture.write('b.yml', '');
  await fixture.discovery.refresh();
  assert.equal(fixture.records().length, 1);
  fixture.remove('a.yml');
  assert.equal(await fixture.discovery.refresh(), true);
  assert.deepEqual(fixture.records(), []);
  assert.deepEqual(fixture.logged, []);
});

test('a folder that is not there yet is no fault', async (t) => {
  const fixture = fixtureOf(t, ['later/*.json']);
  assert.equal(await fixture.discovery.refresh(), false);
  fixture.write('later/a.json', group('a:1'));
  assert.equal(await fixture.discovery.refresh(), true);
});

test('a changed file is noticed within five seconds, or the refresh interval if that is shorter', async (t) => {
  for (const [refreshMs, seenMs] of [
    [300_000, 5000],
    [1000, 1000],
  ] as const) {
    const fixture = fixtureOf(t, ['*.json'], refreshMs);
    fixture.write('a.json', group('a:1'));
    await fixture.discovery.refresh();
    let changeCount = 0;
    fixture.discovery.start(() => changeCount++);
    fixture.write('a.json', group('b:1'));
    await fixture.clock.advance(seenMs - 1);
    assert.equal(changeCount, 0);
    await fixture.clock.advance(1);
    assert.equal(changeCount, 1);
    await fixture.clock.advance(seenMs);
    assert.equal(changeCount, 1);
    fixture.discovery.stop();
    assert.equal(fixture.clock.pendingTimerCount, 0);
  }
});
