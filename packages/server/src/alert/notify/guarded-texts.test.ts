import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FilledText, guardedTexts, type Escapes } from './guarded-texts.ts';
import { markdownGuard } from './markdown-guard.ts';
import { senderDeps } from './sender-fixture.ts';
import { hostileNotification } from './sender.contract.ts';

const ESCAPES: Escapes = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
];

function filled(template: string, value: string): FilledText {
  const notification = hostileNotification(value);
  return guardedTexts(senderDeps(), notification, { escapes: ESCAPES }).fill(template, 'key');
}

test('marks of the template stay, marks of values become text', () => {
  const check = (template: string, value: string, want: string): void =>
    assert.equal(filled(template, value).marked(), want);
  check('<!here> {{ .CommonLabels.evil }}', '<!channel> & co', '<!here> &lt;!channel&gt; &amp; co');
  check('{{ printf "<%s|go>" .CommonLabels.evil }}', 'http://h/?a=1&b', '<http://h/?a=1&amp;b|go>');
  check('{{ range .CommonLabels.Names }}{{ . }};{{ end }}', '<', 'alertname;evil;&lt;;');
  check('{{ (index .Alerts 0).GeneratorURL }}', '<x>', 'http://prometheus.test/graph?g0.expr=&lt;x&gt;');
  check('{{ .CommonAnnotations.summary | toUpper }}', '<a>', '&lt;A&gt;');
});

test('templates that replace the characters themselves, or encode them, get what they want', () => {
  const check = (template: string, want: string): void => {
    assert.equal(filled(template, 'a<b&c').marked(), want);
  };
  check('{{ .CommonLabels.evil | reReplaceAll "<" "&lt;" }}', 'a&lt;b&amp;c');
  check('/?q={{ .CommonLabels.evil | urlquery }}', '/?q=a%3Cb%26c');
  check('{{ printf "%q" .CommonLabels.evil }}', '"a&lt;b&amp;c"');
  check('{{ if eq .CommonLabels.alertname "Hostile" }}yes{{ end }}', 'yes');
});

test('where no marks are read the value is what it was', () => {
  assert.equal(filled('{{ .CommonLabels.evil }} & {{ "<" }}', 'a<b>&c').plain(), 'a<b>&c & <');
});

test('no value, however it is used, makes a mark', () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '&',
    '!channel',
    '|',
    '\ufdd1',
    '%EF%B7%91',
    '\\ufdd1',
    '&lt;',
    '\0',
    'x',
    ' ',
  );
  const templates = [
    '{{ .CommonLabels.evil }}',
    '{{ .CommonLabels.evil | urlquery }}',
    '{{ printf "%q %v" .CommonLabels.evil .CommonLabels }}',
    '{{ .Alerts | toJson }}',
    '{{ .CommonLabels.SortedPairs }}{{ .CommonAnnotations.Values | join ">" | toUpper | len }}',
    '{{ template "slack.default.text" . }}{{ template "slack.default.title" . }}',
  ];
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), fc.constantFrom(...templates), (parts, template) => {
      const text = filled(template, parts.join('')).marked();
      assert.doesNotMatch(text, /[<>]|&(?!(?:amp|lt|gt);)/);
    }),
  );
});

test('stand-ins that are in a value already, and control characters, are no characters of ours', () => {
  assert.equal(
    filled('{{ .CommonLabels.evil }}', '\ufdd0\u0000\u001b\ud800<').marked(),
    '\ufffd\ufffd\ufffd\ufffd&lt;',
  );
  assert.equal(filled('{{ .CommonLabels.evil }}', 'a\r\nb\tc').marked(), 'a\nb\tc');
});

test('a text is cut by what people see of it, and never inside of what stands for a character', () => {
  const text = filled('{{ .CommonLabels.evil }}', '<<<<<');
  assert.equal(text.cut(5).marked(), '&lt;&lt;&lt;&lt;&lt;');
  assert.equal(text.cut(4).marked(), '&lt;&lt;&lt;…');
  assert.equal(new FilledText('🙂🙂🙂', []).cut(2).plain(), '🙂…');
  assert.equal(new FilledText('', []).cut(0).plain(), '');
});

test('bytes are counted as JSON has them, and a line that was begun goes when it is short', () => {
  const cut = (text: string, max: number): string =>
    new FilledText(text, ESCAPES).cutToJsonBytes(max).marked();
  assert.equal(cut('äää', 6), 'äää');
  assert.equal(cut('äää', 5), 'ä…');
  assert.equal(cut('"\n', 4), '"\n');
  assert.equal(cut('abcdefgh\nij klm', 13), 'abcdefgh\n…');
  assert.equal(cut('a\nbcdefghijklmno', 10), 'a\nbcde…');
  assert.equal(cut('abc', 2), '');
  assert.equal(cut('abc', -1), '');
});

test('whatever the text, it is within its bytes as JSON', () => {
  const units = fc.constantFrom(
    'a',
    '"',
    '\\',
    '\n',
    '\u0001',
    'ä',
    '€',
    '🙂',
    '\ufdd0',
    '\ufdd2',
    '\ufdd9',
    '\ud800',
  );
  fc.assert(
    fc.property(fc.array(units, { maxLength: 60 }), fc.integer({ min: 3, max: 120 }), (parts, max) => {
      const text = new FilledText(parts.join(''), ESCAPES);
      const size = (one: FilledText): number => Buffer.byteLength(JSON.stringify(one.marked())) - 2;
      const cut = text.cutToJsonBytes(max);
      assert.ok(size(cut) <= max);
      if (size(text) <= max) assert.equal(cut.marked(), text.marked());
    }),
  );
});

test('values that are addresses keep their form in Markdown, and cannot leave the link', () => {
  const check = (value: string, want: string): void => {
    const guard = markdownGuard([
      ['#', '&#35;'],
      ['[', '&#91;'],
      ['&', '&#38;'],
    ]);
    const texts = guardedTexts(senderDeps(), hostileNotification(value), guard);
    assert.equal(texts.fill('{{ .CommonLabels.evil }}', 'key').marked(), want);
  };
  check('https://wiki.test/a_b?x=1&y=2#z', 'https://wiki.test/a_b?x=1&y=2#z');
  check('http://[::1]:9090/x', 'http://[::1]:9090/x');
  check('https://h/) [click](http://evil', 'https://h/) &#91;click](http://evil');
  check('https://h/)[click](http://evil)', 'https://h/%29%5Bclick%5D%28http://evil%29');
  check('https://h[', 'https://h&#91;');
  check('see #1', 'see &#35;1');
});
