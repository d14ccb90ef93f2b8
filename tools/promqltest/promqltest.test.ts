import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { isClose } from './check.ts';
import { runScript, type ScriptOutcome } from './run.ts';
import { parseSeriesLine } from '@vedette/promql';

const root = path.resolve(import.meta.dirname, '../..');
const shared = path.resolve(root, process.env['VEDETTE_SHARED'] ?? '../shared');
const scripts = path.join(shared, 'promqltest');
const isMissing = !existsSync(scripts) && process.env['VEDETTE_PEERS'] !== 'required';

test(
  'as many upstream evals pass as ever did',
  { skip: isMissing ? `${scripts} is missing` : false },
  async () => {
    const pin = Number(readFileSync(path.join(root, 'tools/promqltest.pin'), 'utf8'));
    let passed = 0;
    const failures: string[] = [];
    for (const name of globSync('*.test', { cwd: scripts })) {
      const outcome = await runScript(readFileSync(path.join(scripts, name), 'utf8'));
      passed += outcome.passed;
      failures.push(...outcome.failures.map((failure) => `${name}:${failure}`));
    }
    assert.deepEqual(failures, []);
    assert.ok(passed >= pin, `${passed} evals pass; tools/promqltest.pin wants ${pin}`);
    assert.equal(passed, pin, `${passed} evals pass: raise tools/promqltest.pin, so that they stay`);
  },
);

test('our own scripts pass', async () => {
  const files = globSync('packages/promql/scripts/*.test', { cwd: root });
  assert.ok(files.length > 0);
  for (const file of files) {
    const outcome = await runScript(readFileSync(path.join(root, file), 'utf8'));
    assert.deepEqual([file, outcome.failures], [file, []]);
  }
});

const run = (script: string): Promise<ScriptOutcome> => runScript(script);
const LOAD = 'load 1m\n  a{b="c"} 1 2 3\n  a{b="d"} 10+10x2\n\n';

test('a right answer passes', async () => {
  const outcome = await run(
    `${LOAD}eval instant at 2m sum(a)\n  {} 33\n\neval range from 0 to 2m step 1m a{b="c"}\n  a{b="c"} 1 2 3\n`,
  );
  assert.deepEqual(outcome, { passed: 2, failed: 0, failures: [] });
});

test('a wrong value, label, count, order, annotation or missing failure fails', async () => {
  for (const body of [
    'instant at 2m sum(a)\n  {} 34',
    'instant at 2m sum(a)\n  {b="c"} 33',
    'instant at 2m sum(a)',
    'instant at 2m a\n  a{b="c"} 3',
    'instant at 2m sort(a)\n  expect ordered\n  a{b="d"} 30\n  a{b="c"} 3',
    'instant at 2m sum(a)\n  expect warn\n  {} 33',
    'instant at 2m rate(a[5m])\n  expect no_info\n  {b="c"} 0.01\n  {b="d"} 0.1',
    'instant at 2m sum(a)\n  expect fail',
    'instant at 2m a +\n  {} 1',
    'instant at 2m a + on() a\n  expect fail msg: something else',
    'instant at 2m 1 + 1\n  3',
    'instant at 2m "x"\n  expect string "y"',
    'range from 0 to 2m step 1m a{b="c"}\n  a{b="c"} 1 2',
    'instant at 2m a{b="c"}[2m]\n  expect range vector from 1m to 2m step 1m\n  a{b="c"} 2 4',
  ]) {
    const outcome = await run(`${LOAD}eval ${body}\n`);
    assert.deepEqual([outcome.passed, outcome.failed], [0, 1], body);
  }
});

const HISTOGRAM =
  '{{schema:1 sum:4 count:6 z_bucket:1 z_bucket_w:0.1 offset:2 buckets:[2 0 1] n_buckets:[2]}}';

test('a histogram is right in all its parts or wrong', async () => {
  const passes = async (load: string, wanted: string): Promise<number> =>
    (await run(`load 1m\n  h ${load}\n\neval instant at 0 h\n  h ${wanted}\n`)).passed;
  for (const right of [
    HISTOGRAM,
    HISTOGRAM.replace('offset:2 buckets:[2 0 1]', 'offset:1 buckets:[0 2.0000001 0 1 0]'),
    HISTOGRAM.replace('}}', ' counter_reset_hint:unknown}}'),
  ])
    assert.equal(await passes(HISTOGRAM, right), 1, right);
  for (const [part, other] of [
    ['schema:1', 'schema:2'],
    ['sum:4', 'sum:5'],
    ['sum:4', ''],
    ['count:6', 'count:7'],
    ['z_bucket:1', 'z_bucket:2'],
    ['z_bucket_w:0.1', 'z_bucket_w:0.2'],
    ['offset:2', 'offset:1'],
    ['[2 0 1]', '[2 0 2]'],
    ['[2 0 1]', '[2 1 1]'],
    ['n_buckets:[2]', ''],
    ['}}', ' counter_reset_hint:gauge}}'],
    [HISTOGRAM, '4'],
  ] as const)
    assert.equal(await passes(HISTOGRAM, HISTOGRAM.replace(part, other)), 0, `${part} → ${other}`);
  assert.equal(await passes('4', '{{sum:4}}'), 0);
  const custom = '{{schema:-53 count:1 custom_values:[5] buckets:[1]}}';
  assert.equal(await passes(custom, custom), 1);
  assert.equal(await passes(custom, custom.replace('[5]', '[6]')), 0);
});

test('histograms of a series are repeated, added up or taken away', () => {
  const sums = (items: string): readonly (number | string)[] =>
    parseSeriesLine(`h ${items}`).values.map((value) =>
      value.kind === 'histogram' ? value.histogram.sum : value.kind,
    );
  assert.deepEqual(sums('{{sum:1}}'), [1]);
  assert.deepEqual(sums('{{sum:1}}x2 _'), [1, 1, 1, 'omitted']);
  assert.deepEqual(sums('{{sum:1}}+{{sum:2}}x2'), [1, 3, 5]);
  assert.deepEqual(sums('{{sum:1}}-{{sum:2}}x2'), [1, -1, -3]);
  assert.throws(() => sums('{{summe:1}}'), /they have no "summe"/);
  assert.throws(() => sums('{{counter_reset_hint:maybe}}'), /there is no counter reset hint "maybe"/);
  assert.throws(() => sums('{{sum:1}}*{{sum:1}}'), /cannot read histogram: want/);
  assert.throws(() => sums('{{schema:-53}}+{{schema:0}}x1'), /mixed schemas/);
});

test('stored histograms know of the one before whether they follow a reset', async () => {
  const hinted = (items: string, position: number, hint: string): Promise<ScriptOutcome> =>
    run(
      `load 1m\n  h ${items}\n\neval instant at ${position}m h\n  h ${items.split('}} ')[position]} counter_reset_hint:${hint}}}\n`,
    );
  const check = async (items: string, position: number, hint: string): Promise<void> =>
    assert.equal((await hinted(items.replaceAll('{{', '{{schema:0 '), position, hint)).passed, 1, items);
  await check('{{count:1}} ', 0, 'unknown');
  await check('{{count:1}} {{count:2}} ', 1, 'not_reset');
  await check('{{count:2}} {{count:1}} ', 1, 'reset');
  await check('{{count:2}} {{count:3 z_bucket_w:1}} ', 1, 'unknown');
});

test('classic histograms are loaded as native ones beside', async () => {
  const outcome = await run(
    'load_with_nhcb 1m\n' +
      '  h_bucket{a="b", le="1"} 1 2\n  h_bucket{a="b", le="+Inf"} 3 5\n  h_sum{a="b"} 7 9\n  h_count{a="b"} 3 5\n\n' +
      'eval instant at 1m h\n  h{a="b"} {{schema:-53 sum:9 count:5 custom_values:[1] buckets:[2 3]}}\n\n' +
      'eval instant at 1m h_sum\n  h_sum{a="b"} 9\n',
  );
  assert.deepEqual([outcome.passed, outcome.failures], [2, []]);
});

test('series lines have all their forms', () => {
  const values = (line: string): readonly (number | string)[] =>
    parseSeriesLine(line).values.map((item) => (item.kind === 'float' ? item.value : item.kind));
  assert.deepEqual(values('a 1 -2.5e1 0x10 Inf NaN'), [
    1,
    -25,
    ...Array.from({ length: 11 }, () => 0),
    Infinity,
    NaN,
  ]);
  assert.deepEqual(values('a 0xFF'), [255]);
  assert.deepEqual(values('a _ _x2 stale 1x1 1+2x2 1-2x1'), [
    'omitted',
    'omitted',
    'omitted',
    'stale',
    1,
    1,
    1,
    3,
    5,
    1,
    -1,
  ]);
  assert.deepEqual(values('a{b="} c"} {{sum:1 count:2}}x1'), ['histogram', 'histogram']);
  const starts = parseSeriesLine('a@st _ -30s-1mx2 1ms _x2');
  assert.equal(starts.isStartTimestamps, true);
  assert.deepEqual(starts.startOffsetsMs, [undefined, -30_000, -90_000, -150_000, 1, undefined, undefined]);
  assert.throws(() => parseSeriesLine('a@st 5'), /want an offset of a start timestamp; got "5"/);
  assert.throws(() => parseSeriesLine('a 1y'), /want a sample, .*; got "1y"/);
});

test('start timestamps belong to the line behind them, position by position', async () => {
  const began = 'eval instant at 1m start_timestamp(a)';
  const outcome = await run(`load 1m\n  a@st _ -30s\n  a 1 2\n\n${began}\n  {} 30\n`);
  assert.deepEqual(outcome, { passed: 1, failed: 0, failures: [] });
  await assert.rejects(run('load 1m\n  a@st _ -30s\n  b 1 2\n'), /stands before another series/);
  await assert.rejects(run('load 1m\n  a@st -30s\n  a 1 2\n'), /has 1 positions; want 2/);
});

test('numbers are compared as upstream does', () => {
  assert.ok(isClose(1, 1 + 1e-6));
  assert.ok(!isClose(1, 1 + 3e-6));
  assert.ok(!isClose(0, 1e-300));
  assert.ok(isClose(NaN, NaN));
  assert.ok(!isClose(NaN, 1));
  assert.ok(isClose(Infinity, Infinity));
  assert.ok(!isClose(Infinity, 1e308));
});
