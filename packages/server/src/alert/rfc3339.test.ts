import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isZeroTime, parseRfc3339 } from './rfc3339.ts';

const check = (text: string, wantMs: number, wantText: string): void =>
  assert.deepEqual(parseRfc3339(text), { ms: wantMs, text: wantText });

test('a time keeps its nanoseconds and its zone, as Go would write it again', () => {
  const atMs = Date.UTC(2026, 10, 21, 3, 54, 32);
  check('2026-11-21T03:54:32Z', atMs, '2026-11-21T03:54:32Z');
  check('2026-11-21T03:54:32.274546017Z', atMs + 274, '2026-11-21T03:54:32.274546017Z');
  check('2026-11-21T03:54:32.500000000Z', atMs + 500, '2026-11-21T03:54:32.5Z');
  check('2026-11-21T11:54:32+08:00', atMs, '2026-11-21T11:54:32+08:00');
  check('2026-11-21T03:54:32-00:00', atMs, '2026-11-21T03:54:32Z');
  check('2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29), '2024-02-29T00:00:00Z');
});

test('what is no time is none', () => {
  for (const text of [
    '',
    'now',
    '2026-11-21',
    '2026-11-21T03:54:32',
    '2026-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-21T25:00:00Z',
    '1900-02-29T00:00:00Z',
    '1700000000',
  ])
    assert.equal(parseRfc3339(text), undefined, text);
});

test("Go's zero time is told from others", () => {
  const isZero = (text: string): boolean => isZeroTime(parseRfc3339(text) ?? { ms: 0, text: 'x' });
  assert.equal(isZero('0001-01-01T00:00:00Z'), true);
  assert.equal(isZero('0001-01-01T00:00:01Z'), false);
});
