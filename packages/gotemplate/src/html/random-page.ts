/** Random HTML templates for tests: pieces of pages with actions in every kind of place. */
import fc from 'fast-check';

// oxfmt-ignore
const ACTIONS = [
  '{{ .Status }}', '{{ .L.a }}', '{{ .L.b }}', '{{ .L.c }}', '{{ .L.d }}', '{{ .L.none }}', '{{ .L }}', '{{ .L.a | html }}',
  '{{ .L.b | urlquery }}', '{{ html .L.a .L.b }}', '{{ safeHtml .L.a }}', '{{ .L.c | safeHtml }}', '{{ 5 }}', '{{ 1.5 }}', '{{ true }}', '{{ len .L }}',
  '{{ print .L.a 1 }}', '{{ .Alerts }}', '{{ (index .Alerts 0).StartsAt }}', '{{ $x := .L.b }}', '{{ .L.SortedPairs }}',
  '{{ .L.a | html | len }}', '{{/* c */}}', '{{ template "cell" . }}', '{{ template "attribute" . }}', '{{ printf "%q" .L.b }}', '{{ nil | print }}',
  '{{ template "nope" . }}', '{{ .L.a | urlquery | html }}', '{{ js .L.b }}', '{{ .Status.Nope }}',
];
// oxfmt-ignore
const TEXTS = [
  'text ', '1 < 2 ', '& ', '<p>', '</p>', '<br/>', '<!-- c ', '-->', '<a href="', '<a href=', "<a href='", '<a title="', '<a title=', "<img src='", '<i ', '<i data-url="', '<i on', '<svg:a xlink:href="',
  '<img srcset="', '<b style="', '<b style=\'', '<b onclick="', '<b onclick=\'', '<input value=', '"', "'", '>', ' ', '=', '/', '?q=', '#', 'http://x/', 'javascript:', ' a=b ', 'class',
  '<script>', '<script type="text/plain">', '<script type=module>', '</script>', '<style>', '</style>', '<title>', '</title>', '<textarea>', '</textarea>', 'var x = ', 'return ', '; ', '(', ')', '[', ']', '{', '}',
  '/* c */', '// c\n', '/re', '/g', ' + ', '\\', 'url(', "url('", 'url("', 'color: ', '@import ', 'background:', '<!DOCTYPE html>', '&quot;', '&#39;', '\n', '<x-y>', '</', '<', '<1',
];

const action = fc.constantFrom(...ACTIONS);
const piece = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...TEXTS) }, { weight: 2, arbitrary: action });

/** Mostly pages that make sense: whole tags around an action. */
const good = fc.oneof(
  action.map((a) => `<p>${a}</p>`),
  fc
    .tuple(
      fc.constantFrom('href', 'src', 'title', 'style', 'onclick', 'srcset', 'value', 'data-x', 'action'),
      fc.constantFrom('"', "'", ''),
      fc.constantFrom('', 'http://h/', '?a=', 'x ', '/p#'),
      action,
    )
    .map(
      ([name, quote, before, a]) =>
        `<a ${name}=${quote}${quote === '' ? before.trim() : before}${a}${quote}>t</a>`,
    ),
  fc
    .tuple(
      fc.constantFrom(
        ['var x = ', ';'],
        ['f("', '")'],
        ["f('", "')"],
        ['x = /', '/'],
        ['x / ', ''],
        ['// ', '\n'],
        ['/* ', '*/'],
      ),
      action,
    )
    .map(([[before, after], a]) => `<script>${before ?? ''}${a}${after ?? ''}</script>`),
  fc
    .tuple(
      fc.constantFrom(
        ['p { color: ', '}'],
        ['p { background: url(', ')'],
        ["p { content: '", "'"],
        ['@import "', '"'],
      ),
      action,
    )
    .map(([[before, after], a]) => `<style>${before ?? ''}${a}${after ?? ''}</style>`),
  action.map((a) => `<title>${a}</title><textarea>${a}</textarea>`),
  action.map((a) => `<!-- ${a} --><i ${a}=${a} ${a}>`),
);

const block = (body: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom('if .L', 'if .Nope', 'if .L.none', 'range .L', 'with .L.a', 'range .Alerts'),
      body,
      body,
      fc.constantFrom('', '', '{{ break }}', '{{ if true }}{{ continue }}{{ end }}'),
    )
    .map(([head, first, second, jump]) => {
      const leave = head.startsWith('range') ? jump : '';
      // The dot of a loop is another: actions are made to begin at the whole again.
      const [a, b] = [first, second].map((text) => text.replace(/(?<=[{ (|])\.(?=[A-Z ])/g, '$.'));
      return `{{ ${head} }}${a}${leave}{{ else }}${b}{{ end }}`;
    });

const flat = fc
  .array(fc.oneof({ weight: 2, arbitrary: good }, { weight: 1, arbitrary: piece }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(''));
const wild = fc.array(piece, { minLength: 1, maxLength: 7 }).map((parts) => parts.join(''));

export const pageText: fc.Arbitrary<string> = fc.oneof(
  good,
  flat,
  wild,
  fc.tuple(flat, block(flat), flat).map((parts) => parts.join('')),
  fc.tuple(wild, block(wild), wild).map((parts) => parts.join('')),
);

/** Values that try to get out of where they stand. */
// oxfmt-ignore
export const hostileText: fc.Arbitrary<string> = fc.array(
  fc.constantFrom(
    '<script>alert(1)</script>', '"', "'", '`', '&', '<', '>', '\\', '/', '*/', '/*', '//', 'javascript:', 'http://a/?b=c&d=e', 'mailto:a@b', 'data:x', ' ', '\t', '\n', '\0', 'é', '中', '😀', '\u2028',
    '\ufdd0', '+', '=', ';', ':', '(', ')', '[', ']', '{', '}', '$', '-->', '<!--', '--', 'expression', '-moz-binding', '%41', '%', ',', '1x', 'a', 'onload', 'href', '#', '?', '@', '&lt;', '<b title="1>2">x</b>', '|',
  ),
  { maxLength: 5 },
).map((parts) => parts.join(''));
