/** Data directories that earlier commits wrote, opened by the present code; and those that later ones will have. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { projectRoot } from './support/peers.ts';
import { openStoredTsdb, readContent, type StoredContent } from './support/stored-content.ts';
import { startVedette, temporaryDirectory } from './support/vedette-process.ts';

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
