import { isUtf8 } from 'node:buffer';
import { InputError, type MetricType } from '@vedette/model';
import { formatOpenMetricsFloat, parseGoFloat, scanDecimal } from './decimal.ts';

/**
 * Reads one page of the Prometheus text format 0.0.4 or of OpenMetrics 1.0, as bytes, line by line.
 *
 * 1. `nextLine` moves to the next line that says something.
 * 2. The caller either knows the line's head (name and labels, byte by byte) from an earlier page and
 *    says `skipHead`, or has it parsed by `readHead`. That is the whole trick: a known series costs a
 *    comparison of bytes, no string is made for it.
 * 3. For a series `readTail` parses value, timestamp and exemplar; a metadata line is complete after its head.
 *
 * It accepts what the parsers of Prometheus 3 accept, their leniencies included (in the text format a
 * value may follow `}` without a blank, commas between labels may be missing, a label value may hold a
 * newline), with three exceptions: a NUL byte at the start of a line does not end the page but fails it,
 * blanks before a name do not become part of it, and a line has a length limit. Quoted names (UTF-8) are
 * read in both formats.
 */
export class ExpositionReader {
  readonly #bytes: Uint8Array;
  readonly #isText: boolean;
  #at = 0;
  /** Number of the line at hand, for errors. Newlines inside a label value are not counted. */
  #line = 0;
  #lineStart = 0;
  /** No line is read beyond this: the page's end, or the line limit. */
  #limit = 0;
  #headEnd = 0;
  /** Borders in bytes: name start, name end, then per label name start, name end, value start, value end. */
  #borders: number[] = [];
  /** Of the exemplar behind the value, per label as above; empty without labels. */
  #exemplarBorders: number[] = [];
  #type: MetricType = 'unknown';
  #family = '';
  #text = '';
  /** After `readTail`: the value. */
  value = 0;
  /** After `readTail`: milliseconds since the epoch, or NaN when the page gives none. */
  timestampMs = NaN;
  /** After `readTail`: whether an exemplar follows the value; `exemplarLabels` has its labels. */
  hasExemplar = false;
  exemplarValue = 0;
  /** NaN when the exemplar gives none. */
  exemplarTimestampMs = NaN;

  constructor(bytes: Uint8Array, format: ExpositionFormat) {
    this.#bytes = bytes;
    this.#isText = format === 'text';
  }

  /** Where the line begins; valid after `nextLine`. */
  get lineStart(): number {
    return this.#lineStart;
  }

  /** Where the head of a series ends, or a whole metadata line without its newline; valid after `readHead`. */
  get headEnd(): number {
    return this.#headEnd;
  }

  /** Of the last metadata line: its family. */
  get family(): string {
    return this.#family;
  }

  /** Of the last help or unit line: its text. */
  get text(): string {
    return this.#text;
  }

  /** Of the last type line. It decides how `le` and `quantile` are read; a caller that skips one sets it. */
  get type(): MetricType {
    return this.#type;
  }

  set type(type: MetricType) {
    this.#type = type;
  }

  /** Moves to the next line that is not blank; false at the end of the page. */
  nextLine(): boolean {
    const bytes = this.#bytes;
    let i = this.#at;
    this.#lineStart = i;
    this.#limit = Math.min(bytes.length, i + LINE_BYTES_MAX);
    this.#line++;
    if (this.#isText) {
      for (; i < this.#limit; i++) {
        if (bytes[i] === NEWLINE) this.#line++;
        else if (bytes[i] !== SPACE && bytes[i] !== TAB) break;
      }
      this.#at = i;
      this.#assertWithinLine();
      this.#lineStart = i;
      this.#limit = Math.min(bytes.length, i + LINE_BYTES_MAX);
    }
    if (i < bytes.length) return true;
    if (!this.#isText) throw this.#fault('data does not end with # EOF');
    return false;
  }

  /** Parses the head of the line; a metadata line, comment or end mark is consumed whole. */
  readHead(): LineKind {
    this.#at = this.#lineStart;
    const byte = this.#peek();
    if (byte === HASH) return this.#isText ? this.#readTextComment() : this.#readOpenMetricsComment();
    this.#borders.length = 0;
    if (byte === BRACE_OPEN) this.#borders.push(-1, -1);
    else if (isNameStart(byte)) {
      this.#skipName();
      this.#borders.push(this.#lineStart, this.#at);
    } else throw this.#fault('expected a valid start token');
    this.#headEnd = this.#at;
    if (this.#isText) this.#skipBlanks();
    if (this.#peek() === BRACE_OPEN) {
      this.#at++;
      this.#readLabels();
      this.#headEnd = this.#at;
    }
    this.#at = this.#headEnd;
    if (this.#borders[0] === -1) throw this.#fault('metric name not set');
    return 'series';
  }

  /** Says that the head is known and `length` bytes long. */
  skipHead(length: number): void {
    this.#at = this.#lineStart + length;
  }

  /** Says that the line is known metadata of `length` bytes; consumes it with its newline. */
  skipMetadata(length: number): void {
    this.#at = this.#lineStart + length + 1;
  }

  /** Parses what follows the head of a series, and consumes the line. Sets `value` and `timestampMs`. */
  readTail(): void {
    this.timestampMs = NaN;
    if (this.#isText) this.#readTextTail();
    else this.#readOpenMetricsTail();
  }

  /**
   * Labels of the series whose head was just parsed, flat, in the order of the page, the metric name
   * first. Borders of classic histograms and quantiles of summaries are normalised ("1" is "1.0").
   */
  labels(): string[] {
    const head = this.#bytes.subarray(this.#lineStart, this.#headEnd);
    if (!isUtf8(head)) throw this.#fault('invalid UTF-8 in the name or a label');
    const text = this.#slice(this.#lineStart, this.#headEnd);
    // In ASCII a byte is a letter: the parts are cut out of one text instead of being decoded one by one.
    const ascii = text.length === head.length ? text : undefined;
    const flat = ['__name__', this.#part(0, ascii)];
    for (let i = 2; i < this.#borders.length; i += 4) {
      const name = this.#part(i, ascii);
      flat.push(name, normalised(this.#type, name, this.#part(i + 2, ascii)));
    }
    return flat;
  }

  /** Labels of the exemplar that `readTail` found, flat, in the order of the page. */
  exemplarLabels(): string[] {
    const borders = this.#exemplarBorders;
    const flat: string[] = [];
    for (let i = 0; i < borders.length; i += 2) {
      const text = this.#slice(borders[i] ?? 0, borders[i + 1] ?? 0);
      flat.push(text.includes('\\') ? unescape(text, 'label') : text);
    }
    return flat;
  }

  #readTextTail(): void {
    this.#skipBlanks();
    const start = this.#at;
    const end = this.#tokenEnd();
    this.value = this.#number(start, end, 'expected value after metric');
    this.#skipBlanks();
    if (isDigit(this.#peek())) {
      const timestampStart = this.#at;
      while (isDigit(this.#peek())) this.#at++;
      const timestampMs = this.#withinTime(Number(this.#slice(timestampStart, this.#at)));
      if (timestampMs === undefined) throw this.#fault('timestamp out of range');
      this.timestampMs = timestampMs;
      this.#skipBlanks();
    }
    if (this.#peek() !== NEWLINE) throw this.#fault('expected timestamp or new record');
    this.#at++;
  }

  #readOpenMetricsTail(): void {
    this.value = this.#spacedNumber('expected value after metric');
    if (this.#peek() === SPACE && !this.#isExemplarNext())
      this.timestampMs = this.#secondsToMs(this.#spacedNumber('expected timestamp'));
    this.hasExemplar = this.#isExemplarNext();
    if (this.hasExemplar) this.#readExemplar();
    this.#expectNewline('expected next entry after value');
  }

  #isExemplarNext(): boolean {
    const bytes = this.#bytes;
    return bytes[this.#at] === SPACE && bytes[this.#at + 1] === HASH;
  }

  #readExemplar(): void {
    const bytes = this.#bytes;
    if (bytes[this.#at + 2] !== SPACE || bytes[this.#at + 3] !== BRACE_OPEN)
      throw this.#fault('expected an exemplar " # {…}"');
    const start = this.#at;
    this.#at += 4;
    const seriesBorderCount = this.#borders.length;
    this.#readLabels({ isExemplar: true });
    this.#exemplarBorders = this.#borders.splice(seriesBorderCount);
    if (!isUtf8(bytes.subarray(start, this.#at))) throw this.#fault('invalid UTF-8 in the exemplar');
    this.exemplarValue = this.#spacedNumber('expected value after exemplar labels');
    this.exemplarTimestampMs =
      this.#peek() === SPACE ? this.#secondsToMs(this.#spacedNumber('expected exemplar timestamp')) : NaN;
  }

  #secondsToMs(seconds: number): number {
    const timestampMs = this.#withinTime(Math.trunc(seconds * 1000));
    if (timestampMs === undefined) throw this.#fault('invalid timestamp');
    // Adding zero turns -0 into 0.
    return timestampMs + 0;
  }

  /**
   * What upstream's int64 holds is a time, however far away; beyond all clocks it becomes the last one
   * there is, which the store refuses as too new (or too old) without the rest of the page.
   */
  #withinTime(timestampMs: number): number | undefined {
    return Math.abs(timestampMs) < 2 ** 63 ? clampTimestamp(timestampMs) : undefined;
  }

  /** One space, then a number. */
  #spacedNumber(expectation: string): number {
    if (this.#peek() !== SPACE) throw this.#fault(expectation);
    const start = ++this.#at;
    return this.#number(start, this.#tokenEnd(), expectation);
  }

  #number(start: number, end: number, expectation: string): number {
    if (start === end) throw this.#fault(expectation);
    const value = scanDecimal(this.#bytes, start, end);
    if (!Number.isNaN(value)) return value;
    const parsed = parseGoFloat(this.#slice(start, end));
    if (parsed === undefined)
      throw this.#fault(`cannot parse ${quoted(this.#slice(start, end))} as a number`);
    return parsed;
  }

  /** Moves to the end of the token and returns it: a blank, a newline (in the text format also a brace), or the end. */
  #tokenEnd(): number {
    const bytes = this.#bytes;
    let i = this.#at;
    for (; i < this.#limit; i++) {
      const byte = bytes[i];
      if (byte === SPACE || byte === NEWLINE) break;
      if (this.#isText && (byte === TAB || byte === BRACE_OPEN)) break;
    }
    this.#at = i;
    this.#assertWithinLine();
    return i;
  }

  #readLabels(options?: { isExemplar: boolean }): void {
    for (;;) {
      if (this.#isText) this.#skipBlanks();
      let byte = this.#peek();
      if (byte === BRACE_CLOSE) break;
      const start = this.#at;
      const isQuoted = byte === QUOTE;
      if (isQuoted) this.#skipQuoted();
      else if (isLabelNameStart(byte)) this.#skipLabelName();
      else throw this.#fault('expected label name');
      const inner = isQuoted ? 1 : 0;
      const end = this.#at;
      if (this.#isText) this.#skipBlanks();
      byte = this.#peek();
      if (isQuoted && options?.isExemplar !== true && (byte === COMMA || byte === BRACE_CLOSE)) {
        // A quoted string alone is the metric name.
        if (this.#borders[0] !== -1) throw this.#fault('metric name already set');
        this.#borders[0] = start + 1;
        this.#borders[1] = end - 1;
        if (byte === COMMA) this.#at++;
        continue;
      }
      if (byte !== EQUAL) throw this.#fault('expected equal');
      this.#at++;
      if (this.#isText) this.#skipBlanks();
      if (this.#peek() !== QUOTE) throw this.#fault('expected label value');
      const valueStart = this.#at;
      this.#skipQuoted();
      this.#borders.push(start + inner, end - inner, valueStart + 1, this.#at - 1);
      if (this.#isText) this.#skipBlanks();
      byte = this.#peek();
      if (byte === COMMA) this.#at++;
      else if (!this.#isText && byte !== BRACE_CLOSE) throw this.#fault('expected comma or brace close');
    }
    this.#at++;
  }

  /** From the opening quote to behind the closing one. */
  #skipQuoted(): void {
    const bytes = this.#bytes;
    let i = this.#at + 1;
    for (; i < this.#limit && bytes[i] !== QUOTE; i++) {
      if (bytes[i] === BACKSLASH) i++;
      else if (bytes[i] === NEWLINE && !this.#isText) break;
    }
    this.#at = Math.min(i, this.#limit);
    this.#assertWithinLine();
    if (bytes[i] !== QUOTE) throw this.#fault('expected a closing quote');
    this.#at = i + 1;
  }

  #skipName(): void {
    let byte = this.#peek();
    while (isNameStart(byte) || isDigit(byte)) {
      this.#at++;
      byte = this.#peek();
    }
  }

  #skipLabelName(): void {
    let byte = this.#peek();
    while (isLabelNameStart(byte) || isDigit(byte)) {
      this.#at++;
      byte = this.#peek();
    }
  }

  /** `# HELP` and `# TYPE` in the text format; anything else behind `#` is a comment. */
  #readTextComment(): LineKind {
    this.#at++;
    const hasBlank = this.#skipBlanks();
    const word = hasBlank ? this.#word() : '';
    if ((word !== 'HELP' && word !== 'TYPE') || !this.#skipBlanks()) {
      this.#moveToLineEnd();
      return this.#endOfMetadata('comment');
    }
    this.#readFamily(word);
    const textStart = Math.min(this.#at + 1, this.#moveToLineEnd());
    return this.#readMetadataText(word, textStart);
  }

  /** OpenMetrics knows no other comments than its own words, and exactly one space between the parts. */
  #readOpenMetricsComment(): LineKind {
    this.#at++;
    if (this.#peek() !== SPACE) throw this.#fault('expected a valid start token');
    this.#at++;
    const word = this.#word();
    if (word === 'EOF') {
      if (this.#bytes[this.#at] === NEWLINE) this.#at++;
      if (this.#at !== this.#bytes.length) throw this.#fault('unexpected data after # EOF');
      return 'end';
    }
    if (word !== 'HELP' && word !== 'TYPE' && word !== 'UNIT')
      throw this.#fault('expected HELP, TYPE, UNIT or EOF');
    if (this.#peek() !== SPACE) throw this.#fault(`expected metric name after ${word}`);
    this.#at++;
    this.#readFamily(word);
    if (this.#peek() !== SPACE) throw this.#fault(`expected text in ${word}`);
    const textStart = this.#at + 1;
    if (this.#moveToLineEnd() === this.#bytes.length) throw this.#fault('data does not end with # EOF');
    return this.#readMetadataText(word, textStart);
  }

  #readFamily(word: string): void {
    const start = this.#at;
    const isQuoted = this.#peek() === QUOTE;
    if (isQuoted) this.#skipQuoted();
    else if (isNameStart(this.#peek())) this.#skipName();
    else throw this.#fault(`expected metric name after ${word}`);
    const family = isQuoted ? this.#slice(start + 1, this.#at - 1) : this.#slice(start, this.#at);
    this.#family = family.includes('\\') ? unescape(family, 'label') : family;
  }

  #readMetadataText(word: 'HELP' | 'TYPE' | 'UNIT', start: number): LineKind {
    const raw = this.#bytes.subarray(start, this.#at);
    const text = this.#slice(start, this.#at);
    if (word === 'HELP') {
      if (!isUtf8(raw)) throw this.#fault('help text is not valid UTF-8');
      this.#text = text.includes('\\') ? unescape(text, this.#isText ? 'help' : 'label') : text;
      return this.#endOfMetadata('help');
    }
    if (word === 'TYPE') {
      const type = (this.#isText ? TEXT_TYPES : OPENMETRICS_TYPES).get(text);
      if (type === undefined) throw this.#fault(`invalid metric type ${quoted(text)}`);
      this.#type = type;
      return this.#endOfMetadata('type');
    }
    if (text !== '' && !this.#family.endsWith(`_${text}`))
      throw this.#fault(`unit ${quoted(text)} not a suffix of metric ${quoted(this.#family)}`);
    this.#text = text;
    return this.#endOfMetadata('unit');
  }

  #endOfMetadata(kind: LineKind): LineKind {
    this.#headEnd = this.#at;
    // The newline; at the end of a text page there may be none.
    this.#at = Math.min(this.#at + 1, this.#bytes.length);
    return kind;
  }

  #word(): string {
    const start = this.#at;
    while (isLabelNameStart(this.#peek())) this.#at++;
    return this.#slice(start, this.#at);
  }

  #moveToLineEnd(): number {
    const end = this.#bytes.subarray(0, this.#limit).indexOf(NEWLINE, this.#at);
    this.#at = end < 0 ? this.#limit : end;
    this.#assertWithinLine();
    return this.#at;
  }

  #skipBlanks(): boolean {
    const start = this.#at;
    for (let byte = this.#peek(); byte === SPACE || byte === TAB; byte = this.#peek()) this.#at++;
    return this.#at > start;
  }

  #expectNewline(expectation: string): void {
    if (this.#at >= this.#bytes.length) throw this.#fault('data does not end with # EOF');
    if (this.#peek() !== NEWLINE) throw this.#fault(expectation);
    this.#at++;
  }

  /** The byte at hand; a text page reads as if it ended with a newline, an OpenMetrics page ends in 0. */
  #peek(): number {
    if (this.#at < this.#limit) return this.#bytes[this.#at] ?? 0;
    this.#assertWithinLine();
    return this.#isText ? NEWLINE : 0;
  }

  #assertWithinLine(): void {
    if (this.#at >= this.#limit && this.#limit < this.#bytes.length)
      throw this.#fault(`a line is longer than ${LINE_BYTES_MAX} bytes`);
  }

  #part(borderIndex: number, ascii: string | undefined): string {
    const start = this.#borders[borderIndex] ?? 0;
    const end = this.#borders[borderIndex + 1] ?? 0;
    const text = ascii?.slice(start - this.#lineStart, end - this.#lineStart) ?? this.#slice(start, end);
    return text.includes('\\') ? unescape(text, 'label') : text;
  }

  #slice(start: number, end: number): string {
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, end - start).toString('utf8');
  }

  /** Names the line, what was found and what was being read, as Prometheus does. */
  #fault(reason: string): InputError {
    const at = Math.min(this.#at, this.#bytes.length);
    const got = at < this.#bytes.length ? quoted(this.#slice(at, at + 1)) : 'the end of the page';
    const lineEnd = Math.min(at + 1, this.#lineStart + SNIPPET_BYTES_MAX, this.#bytes.length);
    const snippet = quoted(this.#slice(this.#lineStart, Math.max(lineEnd, this.#lineStart)));
    return new InputError(
      'VED_SCRAPE_FAILED',
      `line ${this.#line}: ${reason}, got ${got} while parsing: ${snippet}`,
    );
  }
}

/** The time itself, or the last (first) one that a page can give. */
export function clampTimestamp(timestampMs: number): number {
  return Math.max(-TIMESTAMP_MS_MAX, Math.min(TIMESTAMP_MS_MAX, timestampMs));
}

export type ExpositionFormat = 'text' | 'openmetrics';

export type LineKind = 'series' | 'help' | 'type' | 'unit' | 'comment' | 'end';

/**
 * 1 MiB: 60 labels of the default value limit (16 KiB) fit, and scanning it takes about 1 ms, so that
 * one line cannot hold the event loop.
 */
export const LINE_BYTES_MAX = 1024 * 1024;

/** As much of a faulty line as an error shows. */
const SNIPPET_BYTES_MAX = 120;

/** The year 37,648: beyond every clock, and sums and differences of two such times are still exact, zigzag-coded too. */
const TIMESTAMP_MS_MAX = 2 ** 50;

const TAB = 0x09;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const COMMA = 0x2c;
const EQUAL = 0x3d;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

const TEXT_TYPES: ReadonlyMap<string, MetricType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['summary', 'summary'],
  ['untyped', 'unknown'],
]);

const OPENMETRICS_TYPES: ReadonlyMap<string, MetricType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['gaugehistogram', 'gaugehistogram'],
  ['summary', 'summary'],
  ['info', 'info'],
  ['stateset', 'stateset'],
  ['unknown', 'unknown'],
]);

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isLabelNameStart(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || byte === 0x5f;
}

function isNameStart(byte: number): boolean {
  return isLabelNameStart(byte) || byte === 0x3a;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

/** In labels `\\`, `\n` and `\"` stand for one character, in help texts of the text format only the first two; others stay. */
function unescape(text: string, place: 'label' | 'help'): string {
  return text.replace(place === 'label' ? /\\[\\n"]/g : /\\[\\n]/g, (pair) =>
    pair === '\\n' ? '\n' : pair.slice(1),
  );
}

function normalised(type: MetricType, name: string, value: string): string {
  const isFloat = (type === 'summary' && name === 'quantile') || (type === 'histogram' && name === 'le');
  const parsed = isFloat ? parseGoFloat(value) : undefined;
  return parsed === undefined ? value : formatOpenMetricsFloat(parsed);
}
