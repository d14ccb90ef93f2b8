import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { curlOf } from './curl.ts';
import { parseQueryFault } from './query-fault.ts';
import { forget, loadHistory, remember, type TextStorage } from './query-history.ts';
import { unitOfExpr } from './unit-of-expr.ts';

test('a fault is cut into words and a place', () => {
  expect(
    parseQueryFault('sum(up', 'invalid parameter "query": 1:7: parse error: unclosed left parenthesis'),
  ).toEqual({
    message: 'parse error: unclosed left parenthesis',
    place: { line: 'sum(up', column: 6 },
  });
});

test('the place may be on a later line', () => {
  expect(parseQueryFault('sum(\n  up}', '2:5: unexpected "}"').place).toEqual({ line: '  up}', column: 4 });
});

test('a position given as an offset wins', () => {
  expect(parseQueryFault('a +\nb c', '1:1: bad', 6).place).toEqual({ line: 'b c', column: 2 });
  expect(parseQueryFault('abc', 'bad', 99).place).toEqual({ line: 'abc', column: 3 });
  expect(parseQueryFault('a\nb', 'bad', 0).place).toEqual({ line: 'a', column: 0 });
});

test('a fault without a place has none, and a line that is not there neither', () => {
  expect(parseQueryFault('up', 'query would load too many samples')).toEqual({
    message: 'query would load too many samples',
    place: undefined,
  });
  expect(parseQueryFault('up', '7:1: parse error').place).toBeUndefined();
});

function storageOf(text: string | null): TextStorage {
  let kept = text;
  return { getItem: () => kept, setItem: (_key, value) => void (kept = value) };
}

test('history keeps the newest first, each query once, thirty at most', () => {
  const storage = storageOf(null);
  for (let i = 0; i < 40; i++) remember(storage, `q${i}`);
  remember(storage, 'q20');
  const history = loadHistory(storage);
  expect(history).toHaveLength(30);
  expect(history.slice(0, 3)).toEqual(['q20', 'q39', 'q38']);
});

test('a history that is cut off or of another shape counts as empty', () => {
  for (const text of ['["a",', '{"a":1}', 'null', '']) expect(loadHistory(storageOf(text))).toEqual([]);
  expect(loadHistory(storageOf('["a",1,"b"]'))).toEqual(['a', 'b']);
});

test('the curl command reaches curl as it was meant, whatever the expression holds', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 40 }).filter((expr) => !expr.includes('\0')),
      (expr) => {
        const command = curlOf('http://127.0.0.1:8080', { expr, fromMs: 1000, toMs: 61_000, stepMs: 2500 });
        const words = execFileSync('sh', ['-c', command.replace(/^curl/, `printf '%s\\0'`)], {
          encoding: 'utf8',
        }).split('\0');
        expect(words.slice(0, -1)).toEqual([
          '-sS',
          'http://127.0.0.1:8080/api/v1/query_range',
          '--data-urlencode',
          `query=${expr}`,
          '--data-urlencode',
          'start=1',
          '--data-urlencode',
          'end=61',
          '--data-urlencode',
          'step=2.5',
        ]);
      },
    ),
    { numRuns: 40 },
  );
});

test('the unit is guessed from the names that conventions give', () => {
  const check = (expr: string, want: string): void => expect(unitOfExpr(expr)).toBe(want);
  check('process_resident_memory_bytes', 'bytes');
  check('rate(node_network_receive_bytes_total[5m])', 'Bps');
  check('node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes', 'short');
  check('node_filesystem_avail_bytes{mountpoint="/srv/data"}', 'bytes');
  check('histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))', 's');
  check('scrape_duration_seconds', 's');
  check('rate(node_cpu_seconds_total[5m])', 'short');
  check('app_error_ratio', 'percentunit');
  check('up', 'short');
});

test('a query is forgotten alone, or all at once', () => {
  const storage = storageOf(null);
  for (const expr of ['a', 'b', 'c']) remember(storage, expr);
  expect(forget(storage, 'b')).toEqual(['c', 'a']);
  expect(forget(storage, 'not there')).toEqual(['c', 'a']);
  expect(forget(storage)).toEqual([]);
  expect(loadHistory(storage)).toEqual([]);
});
