import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueryResult } from '@vedette/model';
import { SILENT_LOG, type Log, type LogFields } from '../../telemetry/log.ts';
import type { QueryRecord } from './query-record.ts';
import { LOGGED_EXPR_CHARACTERS_MAX, SLOW_QUERIES_MAX, SlowQueryLog } from './slow-query-log.ts';

const record = (rest: Partial<QueryRecord> = {}): QueryRecord => ({
  kind: 'range',
  expr: 'up',
  startMs: 0,
  endMs: 60_000,
  stepMs: 15_000,
  source: { kind: 'api', client: '10.0.0.7' },
  atMs: 1000,
  outcome: 'success',
  waitMs: 4000,
  runMs: 6000,
  series: 2,
  samples: 10,
  samplesPeak: 5,
  ...rest,
});

const result: QueryResult = {
  kind: 'string',
  grid: { startMs: 0, stepMs: 0, count: 1 },
  value: '',
  annotations: { warnings: [], infos: [] },
  stats: { samplesTotal: 0, samplesPeak: 0, seriesRead: 0 },
};

function open(thresholdMs: number): { slow: SlowQueryLog; lines: LogFields[] } {
  const lines: LogFields[] = [];
  const log: Log = { ...SILENT_LOG, warn: (_message, fields) => void lines.push(fields ?? {}) };
  return { slow: new SlowQueryLog(log, thresholdMs), lines };
}

test('a query that waited and ran for as long as the limit is one line with all that is known', () => {
  const { slow, lines } = open(10_000);
  assert.equal(slow.note(record(), result), true);
  assert.equal(slow.note(record({ runMs: 5999 }), result), false);
  assert.deepEqual(lines, [
    {
      kind: 'range',
      expr: 'up',
      startMs: 0,
      endMs: 60_000,
      stepMs: 15_000,
      source: 'api 10.0.0.7',
      atMs: 1000,
      outcome: 'success',
      waitSeconds: 4,
      runSeconds: 6,
      series: 2,
      samples: 10,
      samplesPeak: 5,
      bytes: undefined,
    },
  ]);
});

test('0 logs nothing, however long it took', () => {
  const { slow, lines } = open(0);
  assert.equal(slow.note(record({ runMs: 1e9 }), result), false);
  assert.deepEqual([lines, slow.recent()], [[], []]);
});

test('the last ones are kept, the newest first, up to the limit', () => {
  const { slow } = open(1);
  for (let i = 0; i <= SLOW_QUERIES_MAX; i++) slow.note(record({ atMs: i }), undefined);
  const kept = slow.recent();
  assert.deepEqual([kept.length, kept[0]?.atMs, kept.at(-1)?.atMs], [SLOW_QUERIES_MAX, SLOW_QUERIES_MAX, 1]);
});

test('the length of an answer is added when it was sent', () => {
  const { slow } = open(1);
  slow.note(record(), result);
  slow.noteBytes(result, 123);
  slow.noteBytes({ ...result }, 5);
  assert.equal(slow.recent()[0]?.bytes, 123);
});

test('a long expression is cut', () => {
  const { slow } = open(1);
  const exprOf = (length: number): string | undefined => {
    slow.note(record({ expr: 'x'.repeat(length) }), undefined);
    return slow.recent()[0]?.expr;
  };
  assert.equal(exprOf(LOGGED_EXPR_CHARACTERS_MAX)?.length, LOGGED_EXPR_CHARACTERS_MAX);
  assert.equal(exprOf(LOGGED_EXPR_CHARACTERS_MAX + 1), `${'x'.repeat(LOGGED_EXPR_CHARACTERS_MAX)}…`);
});
