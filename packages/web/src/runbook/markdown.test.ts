import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMarkdown, type Block, type Span } from './markdown.ts';

const text = (content: string): Span => ({ kind: 'text', text: content });
const paragraph = (...spans: Span[]): Block => ({ kind: 'paragraph', spans });
const check = (source: string, ...want: Block[]): void => expect(parseMarkdown(source)).toEqual(want);

test('paragraphs join their lines, headings know their level', () => {
  check(
    '# Title #\n\none\ntwo\n\n### Deep',
    { kind: 'heading', level: 1, spans: [text('Title')] },
    paragraph(text('one two')),
    { kind: 'heading', level: 3, spans: [text('Deep')] },
  );
});

test('text knows code, strong, emphasis and links', () => {
  check(
    'a `x < y` **b _c_** [d](https://e.org/f) <https://g.org>',
    paragraph(
      text('a '),
      { kind: 'code', text: 'x < y' },
      text(' '),
      { kind: 'strong', spans: [text('b '), { kind: 'emphasis', spans: [text('c')] }] },
      text(' '),
      { kind: 'link', href: 'https://e.org/f', spans: [text('d')] },
      text(' '),
      { kind: 'link', href: 'https://g.org', spans: [text('https://g.org')] },
    ),
  );
});

test('underscores inside a metric name are no emphasis', () => {
  check('node_cpu_seconds_total and 2 * 3 * 4', paragraph(text('node_cpu_seconds_total and 2 * 3 * 4')));
});

test('HTML is text, whatever it says', () => {
  check('<script>alert(1)</script>', paragraph(text('<script>alert(1)</script>')));
});

test('links to scripts, data and other hosts by stealth stay text', () => {
  for (const href of [
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'data:text/html,x',
    '//evil.example',
    'vbscript:x',
    'java\tscript:x',
  ])
    expect(JSON.stringify(parseMarkdown(`[x](${href})`)), href).not.toContain('"link"');
  for (const href of ['https://a.org', '/targets?health=down', '#meaning', 'mailto:a@b.org', 'other.md'])
    expect(JSON.stringify(parseMarkdown(`[x](${href})`)), href).toContain('"link"');
});

test('a fence keeps its lines, and one that never closes holds the rest', () => {
  check('```sh\na\n  b\n```\nc', { kind: 'code', text: 'a\n  b' }, paragraph(text('c')));
  check('~~~\na\n# b', { kind: 'code', text: 'a\n# b' });
});

test('an ordered list holds paragraphs and code of its entries', () => {
  check('1. one\n\n   ```sh\n   ls\n   ```\n\n2. two', {
    kind: 'list',
    isOrdered: true,
    entries: [[paragraph(text('one')), { kind: 'code', text: 'ls' }], [paragraph(text('two'))]],
  });
});

test('lists nest by indentation', () => {
  check('- a\n  - b\n  - c\n- d', {
    kind: 'list',
    isOrdered: false,
    entries: [
      [
        paragraph(text('a')),
        { kind: 'list', isOrdered: false, entries: [[paragraph(text('b'))], [paragraph(text('c'))]] },
      ],
      [paragraph(text('d'))],
    ],
  });
});

test('quotes and rules are known', () => {
  check('> a\n> b\n\n---', { kind: 'quote', blocks: [paragraph(text('a b'))] }, { kind: 'rule' });
});

test('any text parses, ends, and loses no word of a plain line', () => {
  const piece = fc.constantFrom(
    '#',
    '- ',
    '1. ',
    '> ',
    '```',
    '**',
    '_',
    '`',
    '[a](b)',
    '<',
    'word',
    ' ',
    '\n',
    '  ',
    '\t',
    '|',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 80 }), (pieces) => void parseMarkdown(pieces.join(''))),
    { numRuns: 500 },
  );
});

test('a deep nest of quotes ends', () => {
  expect(JSON.stringify(parseMarkdown('> '.repeat(5000) + 'x')).length).toBeLessThan(30_000);
});
