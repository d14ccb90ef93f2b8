/** Escaping where no oracle is at hand, or where today's Go does better than that of amtool 0.25. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { jsRegex } from '../fake-regex.ts';
import { NOTIFICATION } from '../fake-notification.ts';
import { createNotificationTemplates, TemplateError } from '../index.ts';

const templates = createNotificationTemplates({ nowMs: () => 0, compileRegex: jsRegex }, []);

/** `{X}` in a page is an action that gives `value`. */
const page = (text: string, value: string): string =>
  templates.executeHtml(text.replaceAll('{X}', '{{ .Status }}'), {
    ...NOTIFICATION,
    status: value as 'firing',
  });
const check = (text: string, value: string, want: string): void => assert.equal(page(text, value), want);
const checkFault = (text: string, want: string): void =>
  assert.throws(
    () => page(text, 'x'),
    (error) => error instanceof TemplateError && (assert.equal(error.message, want), true),
  );

suite('each place has its escaper', () => {
  test('text, attributes and names', () => {
    check('<p>{X}</p>', `<b>"+&'`, '<p>&lt;b&gt;&#34;&#43;&amp;&#39;</p>');
    check('<p title="{X}">', `"><b`, '<p title="&#34;&gt;&lt;b">');
    check('<p title={X}>', 'a b=`c`', '<p title=a&#32;b&#61;&#96;c&#96;>');
    check('<p {X}>', 'onclick', '<p ZgotmplZ>');
    check('<p {X}>', 'Class', '<p class>');
    check('<textarea>{X}</textarea>', '</textarea>', '<textarea>&lt;/textarea&gt;</textarea>');
    check('a <!-- {X} -->b', '-->', 'a b');
    check('1 < 2 {X}', '', '1 &lt; 2 ');
  });

  test('URLs and their parts', () => {
    check('<a href="{X}">', 'javascript:alert(1)', '<a href="#ZgotmplZ">');
    check('<a href="{X}">', 'http://a/ü?b=c&d="', '<a href="http://a/%c3%bc?b=c&amp;d=%22">');
    check('<a href="/p/{X}">', 'a:b c%20', '<a href="/p/a:b%20c%20">');
    check('<a href="/p?q={X}">', 'a&b=c/d', '<a href="/p?q=a%26b%3dc%2fd">');
    check('<img srcset="{X}">', 'a.png 2x, javascript:b 3x', '<img srcset="a.png 2x,#ZgotmplZ">');
    check('<i data-home-url="{X}">', 'javascript:x', '<i data-home-url="#ZgotmplZ">');
  });

  test('scripts and styles', () => {
    check('<script>x = {X};</script>', `"</script>`, '<script>x = "\\"\\u003c/script\\u003e";</script>');
    check('<a onclick=\'f("{X}")\'>', `');`, '<a onclick=\'f("\\u0027);")\'>');
    check('<script>/{X}/.test(y)</script>', 'a.b/', '<script>/a\\.b\\//.test(y)</script>');
    check('<p style="color: {X}">', 'red; x: expression(1)', '<p style="color: ZgotmplZ">');
    check('<p style="color: {X}">', '#ff0000', '<p style="color: #ff0000">');
    check(`<style>p { content: '{X}' }</style>`, `'}`, `<style>p { content: '\\27\\7d ' }</style>`);
  });
});

suite("what today's Go does and that of 1.19 did not", () => {
  test('an empty value without quotes is not left empty', () =>
    check('<p a={X} onclick="x">', '', '<p a=ZgotmplZ onclick="x">'));
  test('CSS takes no angle brackets', () =>
    check('<style>p { a: {X} }</style>', '</style', '<style>p { a: ZgotmplZ }</style>'));
  test('template literals of scripts take values, and braces lead back into them', () => {
    check(
      '<script>a = `b {X} ${ {c: {X}} } {X}`</script>',
      '`${1}',
      '<script>a = `b \\u0060\\u0024\\u007b1\\u007d ${ {c: "`${1}"} } \\u0060\\u0024\\u007b1\\u007d`</script>',
    );
  });
  test("a script's end inside of its strings is written in another way", () => {
    check('<script>a = "</script>{X}"</script>', 'x', '<script>a = "\\x3C/script>x"</script>');
  });
  test('comments as of old pages are left out of scripts', () => {
    check('<script>a <!-- {X}\n--> {X}\n#! {X}\n b</script>', 'x', '<script>a \n\n\n b</script>');
  });
});

suite('vouched for', () => {
  const html = '{{ safeHtml "<b title=\'x>y\'>a &amp; b</b>" }}';
  test('HTML stays in text and loses its tags in attributes', () => {
    assert.equal(page(html, ''), "<b title='x>y'>a &amp; b</b>");
    assert.equal(page(`<p title="${html}">`, ''), '<p title="a &amp; b">');
    assert.equal(page(`<p title=${html}>`, ''), '<p title=a&#32;&amp;&#32;b>');
    assert.equal(
      page(`<title>${html}</title>`, ''),
      '<title>&lt;b title=&#39;x&gt;y&#39;&gt;a &amp; b&lt;/b&gt;</title>',
    );
  });
  test('a URL of another scheme stays in URLs only', () => {
    assert.equal(
      page('<a href="{{ safeUrl "tel:+1" }}">{{ safeUrl "tel:<1" }}', ''),
      '<a href="tel:&#43;1">tel:&lt;1',
    );
    assert.equal(page('<img srcset="{{ safeUrl "data:a,b" }}">', ''), '<img srcset="data:a%2cb">');
  });
});

suite('faults', () => {
  test('pages that end or part in different contexts are refused', () => {
    checkFault(
      '<a href="',
      'html/template: ends in a non-text context: {stateURL delimDoubleQuote urlPartNone jsCtxRegexp attrURL elementNone <nil>}',
    );
    checkFault(
      '{{ if .Status }}<a href="{{ end }}',
      'html/template::1:6: {{if}} branches end in different contexts: {stateURL delimDoubleQuote urlPartNone jsCtxRegexp attrURL elementNone <nil>}, {stateText delimNone urlPartNone jsCtxRegexp attrNone elementNone <nil>}',
    );
    checkFault(
      '<a href="/{{ if .Status }}?a={{ end }}{X}">',
      'html/template::1:41: {{.Status}} appears in an ambiguous context within a URL',
    );
    checkFault(
      '<script>{{ if .Status }}a{{ end }} / {X}</script>',
      `html/template: '/' could start a division or regexp: "/ "`,
    );
    checkFault('<a b=c"d>', 'html/template: "\\"" in unquoted attr: "c\\"d"');
    checkFault(
      '{{ range .Alerts }}<a title="{{ end }}',
      'html/template::1:9: on range loop re-entry: {{range}} branches end in different contexts: {stateAttr delimDoubleQuote urlPartNone jsCtxRegexp attrNone elementNone <nil>}, {stateTag delimNone urlPartNone jsCtxRegexp attrNone elementNone <nil>}',
    );
  });

  test('a jump out of a loop must leave from the context where the loop ends', () => {
    checkFault(
      'x{{ range .Alerts }}{{ if . }}<a b="{{ break }}{{ end }}{{ end }}',
      'html/template::1:39: at range loop break: {{range}} branches end in different contexts: {stateText delimNone urlPartNone jsCtxRegexp attrNone elementNone <nil>}, {stateAttr delimDoubleQuote urlPartNone jsCtxRegexp attrNone elementNone <nil>}',
    );
    check(
      '{{ range .Alerts }}<b>{{ if . }}{{ continue }}{{ end }}{{ $.Nope }}{{ else }}{X}{{ end }}</b>',
      'x',
      '<b></b>',
    );
  });

  test('a template is escaped for each place it is called in', () => {
    const text =
      '{{ define "x" }}{{ .Status }}{{ end }}{{ template "x" . }}<a href="{{ template "x" . }}" title={{ template "x" . }}>';
    check(text, 'a b<', 'a b&lt;<a href="a%20b%3c" title=a&#32;b&lt;>');
    checkFault(
      '{{ define "x" }}{{ .Status.Nope }}{{ end }}<a href="{{ template "x" . }}">',
      `template: :1:26: executing "x$htmltemplate_stateURL_delimDoubleQuote_attrURL" at <.Status.Nope>: can't evaluate field Nope in type string`,
    );
    checkFault('{{ template "nope" . }}', 'html/template::1:12: no such template "nope"');
  });

  test('a template that calls itself must end where it begins', () => {
    const tree = (body: string): string => `{{ define "x" }}${body}{{ end }}{{ template "x" . }}`;
    check(tree('<b>{{ if not . }}{{ template "x" . }}{{ end }}</b>'), 'x', '<b></b>');
    checkFault(
      tree('<a title="{{ if not . }}{{ template "x" . }}{{ end }}'),
      'html/template: "<" in attribute name: "<a title=\\""',
    );
  });

  test('a template whose end cannot be told from itself is refused', () => {
    checkFault(
      '{{ define "x" }}{{ if .Status }}{{ template "x" . }}{{ end }}<b {{ end }}{{ template "x" . }}>',
      'html/template::1:16: cannot compute output context for template x',
    );
  });

  test('escapers that a template brings along must stand last', () => {
    checkFault(
      '{{ .Status | html | print }}',
      'html/template::1:3: predefined escaper "html" disallowed in template',
    );
    checkFault(
      '<p a={{ .Status | html }}>',
      'html/template::1:8: predefined escaper "html" disallowed in template',
    );
    check(
      '{{ .Status | html }}<a href="?{{ .Status | urlquery }}" b="{{ html .Status 1 }}">',
      '<&',
      '&lt;&amp;<a href="?%3C%26" b="&lt;&amp;1">',
    );
  });
});
