/** Data directories that earlier commits wrote, opened by the present code; and those that later ones will have. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { suite, test, type TestContext } from 'node:test';
import { crc32 } from 'node:zlib';
import { projectRoot } from './support/peers.ts';
import { openStoredTsdb, readContent, type StoredContent } from './support/stored-content.ts';
import { runVedette, startVedette, temporaryDirectory } from './support/vedette-process.ts';

const FIXTURES = path.join(projectRoot, 'test/fixtures');
const NOW_MS = Date.UTC(2026, 0, 3);

interface Expected extends StoredContent {
  readonly notifications: readonly { readonly id: string }[];
}

function copyOf(t: TestContext, fixture: string): { directory: string; expected: Expected } {
  const directory = path.join(temporaryDirectory(t), 'store');
  cpSync(path.join(FIXTURES, fixture), directory, { recursive: true });
  const expected = JSON.parse(readFileSync(path.join(directory, 'expected.json'), 'utf8')) as Expected;
  return { directory, expected };
}

for (const fixture of readdirSync(FIXTURES).filter((name) => name.startsWith('store-'))) {
  suite(`what ${fixture} wrote`, () => {
    test('is found by the engine: every sample, marker, histogram and exemplar, also after a merge and a restart', async (t) => {
      const { directory, expected } = copyOf(t, fixture);
      const check = async (): Promise<void> => {
        const { tsdb, clock, warnings } = await openStoredTsdb(path.join(directory, 'metrics'), NOW_MS);
        try {
          const { samples, exemplars } = await readContent(tsdb.reader);
          assert.deepEqual(samples, expected.samples);
          assert.deepEqual(exemplars, expected.exemplars);
          assert.deepEqual(warnings, []);
          await tsdb.flush();
          await tsdb.cleanTombstones();
          await clock.advance(5000);
          await tsdb.flush();
          assert.deepEqual((await readContent(tsdb.reader)).samples, expected.samples);
        } finally {
          await tsdb.close();
        }
      };
      await check();
      await check();
    });

    test('is found by the server: samples over HTTP, and the notification that was sent', async (t) => {
      const { directory: dataDirectory, expected } = copyOf(t, fixture);
      const config = `storage: { metrics: { retention: 50y, out_of_order_window: 1h } }
packs: { host: false, containers: false }
`;
      const vedette = await startVedette(t, { dataDirectory, config, args: ['--no-host'] });
      for (const [series, { count }] of Object.entries(expected.samples)) {
        const query = new URLSearchParams({
          query: `sum(count_over_time(${series}[2d]))`,
          time: String(NOW_MS / 1000),
        });
        const { data } = await vedette.json<{ data: { result: { value: [number, string] }[] } }>(
          `/api/v1/query?${query.toString()}`,
        );
        // Staleness markers are no values.
        const markers = series.startsWith('gone') ? 31 : 0;
        assert.equal(Number(data.result[0]?.value[1]), count - markers, series);
      }
      const entries = await vedette.json<readonly { id: string }[]>('/api/vedette/notifications');
      assert.deepEqual(entries.at(-1), expected.notifications.at(-1));
      assert.deepEqual(
        (await vedette.json<{ status: string; problems: string[] }>('/api/status')).problems,
        [],
      );
    });
  });
}

/** Makes a file of ours one of a later version, sound in itself. */
function makeNewer(file: string): void {
  if (file.endsWith('.db')) {
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    return;
  }
  const bytes = readFileSync(file);
  bytes.writeUInt16LE(99, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12);
  writeFileSync(file, bytes);
}

function contentOf(directory: string): ReadonlyMap<string, string> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true });
  return new Map(
    names
      .filter((entry) => entry.isFile() && !/^lock\.db|-(?:wal|shm)$/.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .toSorted()
      .map((file) => [file, createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );
}

const KINDS = [
  ['a block', 'metrics/blocks/00000001-00000144.block'],
  ['a log segment', 'metrics/wal/00000315.wal'],
  ['the tombstones', 'metrics/tombstones'],
  ['the state', 'state.db'],
] as const;

for (const [what, file] of KINDS)
  test(`${what} of a newer version refuses the start with a remedy, and changes nothing on the disk`, async (t) => {
    const { directory } = copyOf(t, 'store-963197a');
    makeNewer(path.join(directory, file));
    const before = contentOf(directory);
    const { code, stderr } = await runVedette(t, ['start', '--listen', '127.0.0.1:0', '--data', directory]);
    assert.equal(code, 4, stderr);
    assert.match(
      stderr,
      /FATAL: cannot .*got (?:schema )?version 99, want .*(?:run|start) the (?:newer )?.*Vedette/,
    );
    assert.deepEqual(contentOf(directory), before);
    const examined = await runVedette(t, ['doctor', '--data', directory, '--repair']);
    assert.equal(examined.code, 1, examined.stdout);
    assert.match(examined.stdout, /version 99/);
    assert.deepEqual(contentOf(directory), before, 'a repair leaves it alone, too');
  });

test('doctor reads every checksum of a stopped directory, and sets aside what is damaged when it is told to', async (t) => {
  const { directory } = copyOf(t, 'store-963197a');
  const sound = await runVedette(t, ['doctor', '--data', directory]);
  assert.match(sound.stdout, /^ok {4}samples +3 blocks and \d+ log segments are sound: \d+ samples, 2026-/m);
  assert.match(sound.stdout, /^ok {4}state .*is sound: .*notification_log 1/m);
  const block = path.join(directory, 'metrics/blocks/00000145-00000156.block');
  const bytes = readFileSync(block);
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
  writeFileSync(block, bytes);
  const damaged = await runVedette(t, ['doctor', '--data', directory]);
  assert.equal(damaged.code, 1);
  assert.match(damaged.stdout, /^FAIL {2}block .*00000145-00000156\.block", \d+ bytes: .*checksum/m);
  assert.equal(existsSync(block), true);
  const repaired = await runVedette(t, ['doctor', '--data', directory, '--repair']);
  assert.match(
    repaired.stdout,
    /^warn {2}repair .*00000145-00000156\.block\.damaged: a damaged file was set aside/m,
  );
  const after = await runVedette(t, ['doctor', '--data', directory]);
  assert.match(after.stdout, /^warn {2}set aside .*\.damaged/m);
  assert.match(after.stdout, /2 blocks and/);
});
