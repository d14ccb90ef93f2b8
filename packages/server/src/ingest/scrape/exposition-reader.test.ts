import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '@vedette/model';
import { ExpositionReader, LINE_BYTES_MAX, type ExpositionFormat } from './exposition-reader.ts';

type Entry = readonly unknown[];

/** Reads a page to its end: series as `[labels…, value, timestamp?]`, metadata as `[kind, family, text]`. */
const read = (page: string | Uint8Array, format: ExpositionFormat): Entry[] => {
  const bytes = typeof page === 'string' ? Buffer.from(page) : page;
  const reader = new ExpositionReader(bytes, format);
  const entries: Entry[] = [];
  while (reader.nextLine()) {
    const kind = reader.readHead();
    if (kind === 'end') break;
    if (kind === 'series') {
      const labels = reader.labels().slice(1);
      reader.readTail();
      entries.push([
        ...labels,
        reader.value,
        ...(Number.isNaN(reader.timestampMs) ? [] : [reader.timestampMs]),
      ]);
    } else if (kind !== 'comment')
      entries.push([kind, reader.family, kind === 'type' ? reader.type : reader.text]);
  }
  return entries;
};

const text = (page: string, ...want: Entry[]): void => assert.deepEqual(read(page, 'text'), want, page);
const openMetrics = (page: string, ...want: Entry[]): void =>
  assert.deepEqual(read(`${page}# EOF\n`, 'openmetrics'), want, page);

const refuse = (page: string | Uint8Array, format: ExpositionFormat, want: RegExp): void =>
  assert.throws(
    () => read(page, format),
    (error: unknown) =>
      error instanceof InputError && error.code === 'VED_SCRAPE_FAILED' && want.test(error.message),
    JSON.stringify(Buffer.from(page).toString('latin1').slice(0, 100)),
  );

test('a series is a name, labels, a value and perhaps a time in milliseconds', () => {
  text('up 1\n', ['up', 1]);
  text('up 1', ['up', 1]);
  text('a{b="c",d="e"} 1.5 1395066363000\n', ['a', 'b', 'c', 'd', 'e', 1.5, 1395066363000]);
  text('a{} 1\n', ['a', 1]);
  text('a{b="c",} 1\n', ['a', 'b', 'c', 1]);
  text('ns:a_1{_b="c"} -1e-3\n', ['ns:a_1', '_b', 'c', -0.001]);
  text('');
  text('\n\n \t\n');
});

test('blanks may stand between all parts of a line of the text format', () => {
  text('  \ta\t{ b = "c" , d\t=\t"e" , }\t 2  7 \n', ['a', 'b', 'c', 'd', 'e', 2, 7]);
  text('a {b="c"}3\n', ['a', 'b', 'c', 3]);
  text('a{b="c" d="e"} 3\n', ['a', 'b', 'c', 'd', 'e', 3]);
});

test('special values and all digits are read', () => {
  text(
    'a NaN\na +Inf\na -Inf\na inf\na nan\n',
    ['a', NaN],
    ['a', Infinity],
    ['a', -Infinity],
    ['a', Infinity],
    ['a', NaN],
  );
  text(
    'a 123456789012345678\na 1e-310\na .5\na 5.\n',
    ['a', 123456789012345680],
    ['a', 1e-310],
    ['a', 0.5],
    ['a', 5],
  );
});

test('escapes in label values are a backslash, a newline and a quote; others stay', () => {
  text(String.raw`a{b="x\\y\nz\"q\t"} 1`, ['a', 'b', 'x\\y\nz"q\\t', 1]);
  text('a{b="raw\nnewline"} 1\nc 2', ['a', 'b', 'raw\nnewline', 1], ['c', 2]);
  text('a{b=" # } , é 😀"} 1', ['a', 'b', ' # } , é 😀', 1]);
});

test('quoted names hold any UTF-8', () => {
  text('{"my.metric", a="b"} 1\n', ['my.metric', 'a', 'b', 1]);
  text('{"my.metric"} 1\n', ['my.metric', 1]);
  text('{a="b", "my.metric", "l.x"="y"} 1\n', ['my.metric', 'a', 'b', 'l.x', 'y', 1]);
  text('a{"b.c"="d"} 1\n', ['a', 'b.c', 'd', 1]);
  text(
    '# TYPE "my.metric" gauge\n# HELP "my.metric" x\n',
    ['type', 'my.metric', 'gauge'],
    ['help', 'my.metric', 'x'],
  );
  openMetrics('{"my.metric",a="b"} 1\n', ['my.metric', 'a', 'b', 1]);
});

test('help and type say something about a family, other comments nothing', () => {
  text(
    '# HELP a Some \\\\ text\\n.\n# TYPE a counter\n',
    ['help', 'a', 'Some \\ text\n.'],
    ['type', 'a', 'counter'],
  );
  text('#\n# a comment\n#HELP x y\n# HELPER x\n# HELP\n#! 3 { "\n');
  text('# TYPE a untyped\n# HELP a\n', ['type', 'a', 'unknown'], ['help', 'a', '']);
  openMetrics(
    '# UNIT a_seconds seconds\n# TYPE a info\n# HELP a quo\\"te\n',
    ['unit', 'a_seconds', 'seconds'],
    ['type', 'a', 'info'],
    ['help', 'a', 'quo"te'],
  );
});

test('borders of histograms and quantiles of summaries are normalised, others are not', () => {
  text(
    '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_bucket{le="x"} 1\nh_x{quantile="1"} 1\n',
    ['type', 'h', 'histogram'],
    ['h_bucket', 'le', '1.0', 1],
    ['h_bucket', 'le', '+Inf', 1],
    ['h_bucket', 'le', 'x', 1],
    ['h_x', 'quantile', '1', 1],
  );
  text('# TYPE s summary\ns{quantile="0.50"} 1\n', ['type', 's', 'summary'], ['s', 'quantile', '0.5', 1]);
  text('# TYPE g gauge\ng{le="1"} 1\n', ['type', 'g', 'gauge'], ['g', 'le', '1', 1]);
});

test('OpenMetrics has seconds, and exemplars that are checked and left out', () => {
  openMetrics('a 1 1520879607.789\n', ['a', 1, 1520879607789]);
  openMetrics('a 1 -1.5\n', ['a', 1, -1500]);
  openMetrics('a_bucket{le="1"} 4 # {trace_id="x y"} 0.5\n', ['a_bucket', 'le', '1', 4]);
  openMetrics('a_total 4 12 # {id="x",b="c"} 0.5 12.25\nb 1\n', ['a_total', 4, 12000], ['b', 1]);
  openMetrics('a_total 4 # {} 1\n', ['a_total', 4]);
  assert.deepEqual(read('a 1\n# EOF', 'openmetrics'), [['a', 1]]);
});

test('what is no line of the text format fails with its line and reason', () => {
  const check = (page: string, want: RegExp): void => refuse(page, 'text', want);
  check('a 1\n\n-b 2\n', /^line 3: expected a valid start token, got "-" while parsing: "-"$/);
  check('a\n', /^line 1: expected value after metric/);
  check('a', /expected value after metric, got the end of the page/);
  check('a{b="c"\n', /expected label name|expected a closing quote|expected comma/);
  check('a{b="c', /expected a closing quote, got the end of the page/);
  check('a{b=c} 1', /expected label value, got "c"/);
  check('a{b} 1', /expected equal, got "}"/);
  check('a{1b="c"} 1', /expected label name, got "1"/);
  check('a{,} 1', /expected label name, got ","/);
  check('a{b="c",,} 1', /expected label name, got ","/);
  check('{} 1', /metric name not set/);
  check('{a="b"} 1', /metric name not set/);
  check('a{"b"} 1', /metric name already set/);
  check('{"a","b"} 1', /metric name already set/);
  check('a 1 2 3\n', /expected timestamp or new record, got "3"/);
  check('a 1 -2\n', /expected timestamp or new record, got "-"/);
  check('a 1 1.5\n', /expected timestamp or new record, got "."/);
  check('a 1\r\n', /cannot parse "1\\r" as a number/);
  check('a 0x1p4\n', /cannot parse "0x1p4" as a number/);
  check('a 1_000\n', /cannot parse "1_000" as a number/);
  check('a 1e999\n', /cannot parse "1e999" as a number/);
  check('a 1 99999999999999999999\n', /timestamp out of range/);
  check('# TYPE a number\n', /invalid metric type "number"/);
  check('# TYPE a  gauge\n', /invalid metric type " gauge"/);
  check('# TYPE a\n', /invalid metric type ""/);
  check('# TYPE 1 gauge\n', /expected metric name after TYPE/);
  check('a 1\n\0\0\0', /line 2: expected a valid start token/);
});

test('a timestamp further away than any clock becomes the last one there is', () => {
  const check = (page: string, format: 'text' | 'openmetrics', wantMs: number): void =>
    assert.deepEqual(read(page, format), [['a', 1, wantMs]]);
  check('a 1 1125899906842624\n', 'text', 2 ** 50);
  check('a 1 1125899906842625\n', 'text', 2 ** 50);
  check('a 1 9007199254740991\n', 'text', 2 ** 50);
  check('a 1 9223372036854774784\n', 'text', 2 ** 50);
  check('a 1 1125899906842.623\n# EOF\n', 'openmetrics', 2 ** 50 - 1);
  check('a 1 9e15\n# EOF\n', 'openmetrics', 2 ** 50);
  check('a 1 -9e15\n# EOF\n', 'openmetrics', -(2 ** 50));
  refuse('a 1 9223372036854775808\n', 'text', /timestamp out of range/);
});

test('what is no line of OpenMetrics fails', () => {
  const check = (page: string, want: RegExp): void => refuse(page, 'openmetrics', want);
  check('', /data does not end with # EOF/);
  check('a 1\n', /data does not end with # EOF/);
  check('a 1', /data does not end with # EOF/);
  check('a 1\n# EOF\n\n', /unexpected data after # EOF/);
  check('a 1\n# EOF\nb 2\n', /unexpected data after # EOF/);
  check('\n# EOF\n', /expected a valid start token/);
  check(' a 1\n# EOF\n', /expected a valid start token/);
  check('a  1\n# EOF\n', /expected value after metric/);
  check('a\t1\n# EOF\n', /expected value after metric/);
  check('a 1 \n# EOF\n', /expected timestamp/);
  check('a {b="c"} 1\n# EOF\n', /cannot parse/);
  check('a{b="c", d="e"} 1\n# EOF\n', /expected label name, got " "/);
  check('a{b="c" d="e"} 1\n# EOF\n', /expected comma or brace close/);
  check('a{b="c\nd"} 1\n# EOF\n', /expected a closing quote/);
  check('# a comment\n# EOF\n', /expected HELP, TYPE, UNIT or EOF/);
  check('#TYPE a gauge\n# EOF\n', /expected a valid start token/);
  check('# UNIT a_seconds bytes\n# EOF\n', /unit "bytes" not a suffix of metric "a_seconds"/);
  check('# UNIT seconds seconds\n# EOF\n', /unit "seconds" not a suffix/);
  check('# TYPE a untyped\n# EOF\n', /invalid metric type "untyped"/);
  check('# HELP a\n# EOF\n', /expected text in HELP/);
  check('a 1 NaN\n# EOF\n', /invalid timestamp/);
  check('a 1 1e300\n# EOF\n', /invalid timestamp/);
  check('a 1 # {b="c"}\n# EOF\n', /expected value after exemplar labels/);
  check('a 1 # {b="c" 1\n# EOF\n', /expected comma or brace close/);
  check('a 1 # {"b"} 1\n# EOF\n', /expected equal/);
  check('a 1 # {b="c"} x\n# EOF\n', /cannot parse "x" as a number/);
  check('a 1 #{b="c"} 1\n# EOF\n', /expected an exemplar/);
});

test('text that is not UTF-8 is refused', () => {
  const bad = (before: string, after: string): Buffer =>
    Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]);
  refuse(bad('a{b="', '"} 1\n'), 'text', /invalid UTF-8 in the name or a label/);
  refuse(bad('{"', '"} 1\n'), 'text', /invalid UTF-8/);
  refuse(bad('# HELP a ', '\n'), 'text', /help text is not valid UTF-8/);
  refuse(bad('a 1 # {b="', '"} 1\n# EOF\n'), 'openmetrics', /invalid UTF-8 in the exemplar/);
});

test('a line may be as long as its limit and no longer', () => {
  const line = (bytes: number): string => `a{b="${'x'.repeat(bytes - 9)}"} 1\n`;
  assert.equal(Buffer.byteLength(line(LINE_BYTES_MAX)), LINE_BYTES_MAX + 1);
  assert.equal(read(`${line(LINE_BYTES_MAX - 1)}c 2\n`, 'text').length, 2);
  refuse(`${line(LINE_BYTES_MAX + 1)}c 2\n`, 'text', /a line is longer than 1048576 bytes/);
  refuse(`a{b="${'x'.repeat(LINE_BYTES_MAX * 2)}`, 'text', /a line is longer than/);
  refuse(`#${' '.repeat(LINE_BYTES_MAX * 2)}`, 'text', /a line is longer than/);
  refuse('\n'.repeat(LINE_BYTES_MAX * 2), 'text', /a line is longer than/);
  refuse(`a 1${' '.repeat(LINE_BYTES_MAX * 2)}`, 'openmetrics', /a line is longer than|expected timestamp/);
});

test('a page with a million labels in one series ends at the line limit', () => {
  const labels = Array.from({ length: 1_000_000 }, (_, i) => `l${i}="v"`).join(',');
  refuse(`a{${labels}} 1\n`, 'text', /a line is longer than/);
});
