import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDescription, readConstants } from './constants.ts';
import { formatLimit, printLimits, readLimits } from './limits.ts';

const check = (source: string, want: Record<string, number>): void =>
  assert.deepEqual(
    Object.fromEntries(readConstants('x.ts', source).map(({ name, value }) => [name, value])),
    want,
  );

test('arithmetic on numbers is evaluated', () => {
  check('const A = 64 * 1024 * 1024;', { A: 67_108_864 });
  check('export const A = 2 ** 20 - 1;', { A: 1_048_575 });
  check('const A = 1_000_000;', { A: 1_000_000 });
  check('const A = -(3 + 1) / 2;', { A: -2 });
  check('const A = 5; const B = A * 60_000;', { A: 5, B: 300_000 });
  check('const A = 2e3 as const;', { A: 2000 });
});

test('what is no number at the top of a module is left out', () => {
  check('const A = 2n ** 63n;', {});
  check('const A = f(3);', {});
  check('const A = unknown * 2;', {});
  check("const A = '3';", {});
  check('let A = 3;', {});
  check('function f() { const A = 3; }', {});
});

test('entries of tables are named after the table', () => {
  check('export const T = { aMax: 3, "b": 4, [c]: 5, d: { e: 6 } } as const satisfies X;', { 'T.aMax': 3 });
});

const comments = (source: string): string[] => readConstants('x.ts', source).map(({ comment }) => comment);

test('the comment is the one above', () => {
  assert.deepEqual(comments('// One.\n// Two.\nconst A = 1;\n\nconst B = 2;\n'), ['One. Two.', '']);
  assert.deepEqual(
    comments('/** Block\n * text. */\nexport const A = 1; // end of line\nlet x;\nconst B = 2;'),
    ['Block text.', ''],
  );
});

test('a constant directly below another one shares its comment', () => {
  assert.deepEqual(comments('// Both.\nconst A = 1;\nconst B = 2;\n'), ['Both.', 'Both.']);
});

test('an entry has its own comment, else that of its table, never that of the entry above', () => {
  assert.deepEqual(comments('// Table.\nconst T = {\n  // A.\n  a: 1,\n  b: 2,\n};\n'), ['A.', 'Table.']);
});

test('the essay of a module is no reason', () => {
  const essay = '/**\n * a\n * b\n * c\n * d\n */\n';
  assert.deepEqual(comments(`${essay}const A = 1;`), ['']);
  assert.deepEqual(comments(`// first\nlet x;\n${essay}const A = 1;`), ['a b c d']);
  assert.equal(findDescription('x.ts', `${essay}const A = {};`, 'A'), 'a b c d');
  assert.equal(findDescription('x.ts', `${essay}const A = {};`, 'B'), undefined);
});

test('limits are told by their names', () => {
  const names = (source: string): string[] => readLimits('x.ts', source).map(({ name }) => name);
  assert.deepEqual(names('const A_MAX = 1; const B_MIN = 2; const C_MAX_D = 3; const E = 4;'), [
    'A_MAX',
    'B_MIN',
  ]);
  assert.deepEqual(names('const X_LIMITS = { aMax: 1, bMin: 2, c: 3 }; const KERNEL = { sizeMin: 1 };'), [
    'X_LIMITS.aMax',
    'X_LIMITS.bMin',
  ]);
});

test('values have the unit that the name tells', () => {
  const checkFormat = (name: string, value: number, want: string): void =>
    assert.equal(formatLimit(name, value), want);
  checkFormat('BODY_BYTES_MAX', 67_108_864, '64 MiB');
  checkFormat('BODY_BYTES_MAX', 1400, '1,400 B');
  checkFormat('BODY_BYTES_MAX', 1024, '1 KiB');
  checkFormat('X_DEFAULTS.bodyBytesMax', 3 * 1024 ** 3, '3 GiB');
  checkFormat('WAIT_MS_MAX', 90_000, '1m30s');
  checkFormat('SLICE_MS_MAX', 5, '5ms');
  checkFormat('OFFSET_MS_MAX', 2 ** 32 - 1, '4,294,967,295 ms');
  checkFormat('ROWS_MAX', 11_000, '11,000');
  checkFormat('DECIMAL_MAX', 2 ** 52, '2^52');
  checkFormat('SPAN_SECONDS_MAX', 30, '30 s');
});

test('the page has a table per area, sorted, with links and whole sentences', () => {
  const long = `First sentence. ${'word '.repeat(100)}end.`;
  const page = printLimits([
    { file: 'packages/tsdb/src/b.ts', name: 'B_MAX', value: 2, line: 1, comment: long },
    { file: 'packages/tsdb/src/a.ts', name: 'A_MAX', value: 1, line: 1, comment: 'Why | so.' },
    { file: 'packages/api/src/c.ts', name: 'C_MAX', value: 3, line: 1, comment: 'c' },
  ]);
  assert.match(
    page,
    /## api\n[\s\S]*## tsdb\n\n.*\n.*\n\| `A_MAX` \| 1 \| Why \\\| so\. \| \[a\.ts\]\(\.\.\/packages\/tsdb\/src\/a\.ts\) \|\n/,
  );
  assert.match(page, /\| `B_MAX` \| 2 \| First sentence\. \|/);
});
