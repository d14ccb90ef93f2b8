import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Block } from './block.ts';
import { planCompaction, spanMsMax } from './compact.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface Shape {
  readonly level: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** Blocks two hours long, one after the other, of these levels. */
const neighbours = (...levels: readonly number[]): Shape[] =>
  levels.map((level, i) => ({ level, minMs: i * 2 * HOUR_MS, maxMs: (i + 1) * 2 * HOUR_MS }));

/** Which of the blocks are merged next, as `[from, until)`. */
function planOf(shapes: readonly Shape[], retentionMs = 30 * DAY_MS): [number, number] | undefined {
  // Planning looks at nothing but these.
  const blocks = shapes.map((meta) => ({ meta }) as unknown as Block);
  const plan = planCompaction(blocks, retentionMs);
  const [first] = plan ?? [];
  if (plan === undefined || first === undefined) return undefined;
  const from = blocks.indexOf(first);
  assert.deepEqual(plan, blocks.slice(from, from + plan.length));
  return [from, from + plan.length];
}

const times = (count: number, level: number): number[] => Array.from({ length: count }, () => level);

describe('planCompaction', () => {
  test('twelve neighbours of one level are merged, eleven are not', () => {
    assert.equal(planOf(neighbours(...times(11, 0))), undefined);
    assert.deepEqual(planOf(neighbours(...times(12, 0))), [0, 12]);
    assert.equal(planOf(neighbours(...times(5, 1), ...times(11, 0))), undefined);
    assert.deepEqual(planOf(neighbours(...times(5, 1), ...times(12, 0))), [5, 17]);
  });

  test('beyond the first level the merged block covers a tenth of the retention at most', () => {
    const days = (spanMs: number): Shape[] =>
      times(12, 1).map((level, i) => ({ level, minMs: (i * spanMs) / 12, maxMs: ((i + 1) * spanMs) / 12 }));
    assert.equal(spanMsMax(30 * DAY_MS), 3 * DAY_MS);
    assert.deepEqual(planOf(days(3 * DAY_MS)), [0, 12]);
    assert.equal(planOf(days(3 * DAY_MS + 12)), undefined);
    assert.equal(spanMsMax(DAY_MS), DAY_MS);
  });

  test('small blocks in front of an imported one count as of its level: they get no more neighbours', () => {
    assert.deepEqual(planOf(neighbours(...times(5, 0), 1, ...times(5, 0), 1)), [0, 12]);
    assert.equal(planOf(neighbours(...times(5, 0), 1, ...times(6, 0))), undefined);
    // The newest small ones are waited for as always.
    assert.deepEqual(planOf(neighbours(...times(5, 0), 1, ...times(12, 0))), [6, 18]);
  });

  test('imports from times far apart are left as they are', () => {
    const far = times(12, 1).map((level, i) => ({ level, minMs: -i * DAY_MS, maxMs: -i * DAY_MS + 1 }));
    assert.equal(planOf(far), undefined);
  });
});
