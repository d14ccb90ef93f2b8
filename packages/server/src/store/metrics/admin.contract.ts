import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMatcher, type Matcher } from '@vedette/model';
import { batchOf, CONTRACT_START_MS as T, read, type MetricsHarness } from './port.contract.ts';
import type { MetricsAdmin } from './port.ts';

/** What the suite of `MetricsAdmin` needs beside what the others need. */
export interface AdminHarness extends MetricsHarness {
  readonly admin: MetricsAdmin;
  /** The same store after a restart; the harness is not used any more, the new one is to be closed. */
  reopen(): Promise<AdminHarness>;
  /** A store opened on a snapshot, to be closed. */
  openSnapshot(name: string): Promise<AdminHarness>;
}

const EVER = { fromMs: -8e15, untilMs: 8e15 };

/** The suite of `MetricsAdmin`. */
export function describeMetricsAdmin(name: string, open: () => Promise<AdminHarness>): void {
  const check = (title: string, body: (harness: AdminHarness) => Promise<AdminHarness | void>): void => {
    test(title, async () => {
      let harness = await open();
      try {
        await harness.writer.append(
          batchOf(
            [{ __name__: 'x', i: '1' }, [T, 1], [T + 10, 2], [T + 20, 3]],
            [{ __name__: 'x', i: '2' }, [T, 1], [T + 10, 2], [T + 20, 3]],
            [{ __name__: 'y' }, [T, 1], [T + 10, 'stale'], [T + 20, 3]],
          ),
        );
        harness = (await body(harness)) ?? harness;
      } finally {
        await harness.close();
      }
    });
  };
  const only = (...of: readonly (readonly [string, string])[]): readonly Matcher[] =>
    of.map(([label, value]) => createMatcher(label, '=', value));
  const x1 = 'x{i="1"}';
  const x2 = 'x{i="2"}';

  describe(`MetricsAdmin: ${name}`, () => {
    check('deleting takes both ends of the range from the series of any set', async ({ admin, reader }) => {
      const sets = [
        only(['__name__', 'x'], ['i', '1']),
        only(['__name__', 'y']),
        only(['__name__', 'nothing']),
      ];
      assert.equal(await admin.deleteSeries(sets, { fromMs: T, untilMs: T + 10 }), 2);
      assert.deepEqual(await read(reader), [
        [x1, [T + 20, 3]],
        [x2, [T, 1], [T + 10, 2], [T + 20, 3]],
        ['y', [T + 20, 3]],
      ]);
      assert.deepEqual(await read(reader, { untilMs: T + 10 }), [[x2, [T, 1], [T + 10, 2]]]);
    });

    check('what nothing matches, and a range without samples, delete nothing', async ({ admin, reader }) => {
      const before = await read(reader);
      assert.equal(await admin.deleteSeries([only(['__name__', 'nothing'])], EVER), 0);
      assert.equal(
        await admin.deleteSeries([only(['__name__', 'x'])], { fromMs: T + 21, untilMs: T + 99 }),
        0,
      );
      assert.equal(await admin.deleteSeries([only(['__name__', 'x'])], { fromMs: T + 10, untilMs: T }), 0);
      assert.deepEqual(await read(reader), before);
    });

    check('samples appended later are there, before and after cleaning and a restart', async (harness) => {
      const { admin, writer } = harness;
      assert.equal(await admin.deleteSeries([only(['__name__', 'x'])], EVER), 2);
      await writer.append(batchOf([{ __name__: 'x', i: '1' }, [T + 30, 4]]));
      const want = [
        [x1, [T + 30, 4]],
        ['y', [T, 1], [T + 10, 'stale'], [T + 20, 3]],
      ];
      assert.deepEqual(await read(harness.reader), want);
      const reopened = await harness.reopen();
      assert.deepEqual(await read(reopened.reader), want);
      await reopened.admin.cleanTombstones();
      assert.deepEqual(await read(reopened.reader), want);
      const cleaned = await reopened.reopen();
      assert.deepEqual(await read(cleaned.reader), want);
      return cleaned;
    });

    check('calls are applied one after the other', async ({ admin, reader }) => {
      const range = (at: number): { fromMs: number; untilMs: number } => ({
        fromMs: T + at,
        untilMs: T + at,
      });
      const sets = [only(['__name__', 'x'])];
      const counts = await Promise.all([
        admin.deleteSeries(sets, range(0)),
        admin.cleanTombstones(),
        admin.deleteSeries(sets, range(10)),
        admin.snapshot({ hasHead: true }),
        admin.deleteSeries(sets, range(20)),
        admin.cleanTombstones(),
      ]);
      assert.deepEqual([counts[0], counts[2], counts[4]], [2, 2, 2]);
      assert.deepEqual((await read(reader)).length, 1);
    });

    check('a snapshot is a store with what was there, whatever happens after it', async (harness) => {
      const { admin, writer, reader } = harness;
      await admin.deleteSeries([only(['i', '1'])], { fromMs: T, untilMs: T });
      const want = await read(reader);
      const named = await admin.snapshot({ hasHead: true });
      assert.match(named, /^\d{8}T\d{6}Z-[0-9a-f]{16}$/);
      await writer.append(batchOf([{ __name__: 'z' }, [T, 1]]));
      const withoutHead = await admin.snapshot({ hasHead: false });
      assert.notEqual(withoutHead, named);
      await admin.deleteSeries([only(['__name__', 'x']), only(['__name__', 'y'])], EVER);
      await admin.cleanTombstones();
      for (const one of [named, withoutHead]) {
        const copy = await harness.openSnapshot(one);
        assert.deepEqual(await read(copy.reader), want);
        await copy.writer.append(batchOf([{ __name__: 'x', i: '1' }, [T + 30, 4]]));
        assert.deepEqual((await read(copy.reader))[0]?.at(-1), [T + 30, 4]);
        await copy.close();
      }
      assert.deepEqual(await read(reader), [['z', [T, 1]]]);
    });
  });
}
