import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocksOf } from './guide-blocks.ts';
import { anchorOf, code, fillPart, printTable } from './markdown.ts';

test('cells cannot break their table', () => {
  assert.equal(
    printTable(['a', 'b'], [['x|y', 'one\n  two']]),
    ['| a | b |', '|---|---|', String.raw`| x\|y | one two |`].join('\n'),
  );
});

test('code in code type needs more backquotes when it has one', () => {
  assert.equal(code('up'), '`up`');
  assert.equal(code('a`b'), '``a`b``');
});

test('anchors are those of GitHub', () => {
  const check = (heading: string, want: string): void => assert.equal(anchorOf(heading), want);
  check('Top level', 'top-level');
  check('scrape_configs[].static_configs[]', 'scrape_configsstatic_configs');
  check('http_headers.<name>', 'http_headersname');
});

test('a part is replaced between its marks, and only there', () => {
  const text = 'a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n';
  assert.equal(fillPart(text, 'x', 'new'), text.replace('old', 'new'));
  assert.equal(fillPart(fillPart(text, 'x', 'new'), 'x', 'new'), text.replace('old', 'new'));
});

test('missing marks are an error that names them', () => {
  assert.throws(() => fillPart('a', 'x', 'new'), /<!-- x:begin --> and <!-- x:end --> are missing/);
  assert.throws(() => fillPart('<!-- x:begin -->\n', 'x', 'new'), /are missing/);
});

test('blocks of a guide are files by their second word', () => {
  assert.deepEqual(blocksOf('x\n```yaml a/b.yml\nk: 1\n```\ny\n```sh\nls\n```\n'), [
    { language: 'yaml', file: 'a/b.yml', text: 'k: 1\n' },
    { language: 'sh', file: undefined, text: 'ls\n' },
  ]);
});
