/** One value under one verb of Go's `fmt`. */
import { formatFloat } from './go-float.ts';
import { DEPTH_MAX } from './limits.ts';
import type { TextSink } from './meter.ts';
import { quoteGo } from './quote.ts';
import { LimitError } from './template-error.ts';
import { compareText, utf8Bytes } from './utf8.ts';
import { type GoMap, type GoSlice, type GoStruct, type GoValue, typeNameOf } from './value.ts';

export interface Spec {
  verb: string;
  width: number | undefined;
  precision: number | undefined;
  isMinus: boolean;
  isPlus: boolean;
  isSharp: boolean;
  isSpace: boolean;
  isZero: boolean;
  /** `%#v`. */
  isGoSyntax: boolean;
  /** `%+v`. */
  isWithNames: boolean;
}

/** Plain `%v`. */
export const NO_FLAGS: Readonly<Spec> = {
  verb: 'v',
  width: undefined,
  precision: undefined,
  isMinus: false,
  isPlus: false,
  isSharp: false,
  isSpace: false,
  isZero: false,
  isGoSyntax: false,
  isWithNames: false,
};

const TEXT_VERBS = 'vsxXq';

/** Writes `value` as `spec` says; `depth` is how many slices, maps and structs are around it. */
export function formatValue(sink: TextSink, value: GoValue, spec: Readonly<Spec>, depth = 0): void {
  if (depth > DEPTH_MAX) throw new LimitError(`cannot print value: it is nested deeper than ${DEPTH_MAX}`);
  if (spec.verb === 'T') return writePadded(sink, typeNameOf(value), spec);
  if (typeof value === 'object') return writeObject(sink, value, spec, depth);
  if (value !== undefined) return writeBasic(sink, value, spec, typeNameOf(value));
  if (depth > 0) return sink.write('<nil>');
  return spec.verb === 'v' ? writePadded(sink, '<nil>', spec) : sink.write(`%!${spec.verb}(<nil>)`);
}

function writeObject(
  sink: TextSink,
  value: Exclude<GoValue, undefined> & object,
  spec: Readonly<Spec>,
  depth: number,
): void {
  switch (value.kind) {
    case 'slice':
      return writeSlice(sink, value, spec, depth);
    case 'map':
      return writeMap(sink, value, spec, depth);
    case 'function':
      return spec.verb === 'v' ? sink.write('func') : writeBadVerb(sink, 'func', spec, 'func');
    case 'struct':
    case 'named':
      if (value.text !== undefined && !spec.isGoSyntax && TEXT_VERBS.includes(spec.verb)) {
        return writeString(sink, value.text(), spec, 'string');
      }
      if (value.kind === 'struct') return writeStruct(sink, value, spec, depth);
      return writeBasic(sink, value.value, spec, value.type);
  }
}

function writeBasic(
  sink: TextSink,
  value: string | boolean | number | bigint,
  spec: Readonly<Spec>,
  type: string,
): void {
  if (typeof value === 'string') return writeString(sink, value, spec, type);
  if (typeof value === 'number') return writeFloat(sink, value, spec, type);
  if (typeof value === 'bigint') return writeInt(sink, value, spec, type);
  return writeBool(sink, value, spec, type);
}

function writeSlice(sink: TextSink, value: GoSlice, spec: Readonly<Spec>, depth: number): void {
  sink.write(spec.isGoSyntax ? `${value.type}{` : '[');
  for (const [i, element] of value.elements.entries()) {
    if (i > 0) sink.write(spec.isGoSyntax ? ', ' : ' ');
    formatValue(sink, element, spec, depth + 1);
  }
  sink.write(spec.isGoSyntax ? '}' : ']');
}

function writeMap(sink: TextSink, value: GoMap, spec: Readonly<Spec>, depth: number): void {
  sink.write(spec.isGoSyntax ? `${value.type}{` : 'map[');
  sink.addSteps(value.entries.size);
  const keys = sortedKeys(value);
  for (const [i, key] of keys.entries()) {
    if (i > 0) sink.write(spec.isGoSyntax ? ', ' : ' ');
    formatValue(sink, key, spec, depth + 1);
    sink.write(':');
    formatValue(sink, value.entries.get(key), spec, depth + 1);
  }
  sink.write(spec.isGoSyntax ? '}' : ']');
}

/** Go prints and ranges over maps in the order of their keys. */
export function sortedKeys(value: GoMap): string[] {
  return [...value.entries.keys()].sort(compareText);
}

/** Go prints pointers inside of other values as addresses; here they print as what they point to. */
function writeStruct(sink: TextSink, value: GoStruct, spec: Readonly<Spec>, depth: number): void {
  const type = spec.isGoSyntax ? value.type.replace(/^\*/, '') : '';
  sink.write(`${value.isPointer === true ? '&' : ''}${type}{`);
  let isFirst = true;
  for (const [name, field] of value.fields) {
    if (!isFirst) sink.write(spec.isGoSyntax ? ', ' : ' ');
    isFirst = false;
    if (spec.isWithNames || spec.isGoSyntax) sink.write(`${name}:`);
    formatValue(sink, field, spec, depth + 1);
  }
  sink.write('}');
}

function writeBool(sink: TextSink, value: boolean, spec: Readonly<Spec>, type: string): void {
  if (spec.verb === 't' || spec.verb === 'v') writePadded(sink, String(value), spec);
  else writeBadVerb(sink, value, spec, type);
}

function writeString(sink: TextSink, value: string, spec: Readonly<Spec>, type: string): void {
  switch (spec.verb) {
    case 'v':
      return writePadded(sink, spec.isGoSyntax ? quoteGo(value) : truncate(value, spec.precision), spec);
    case 's':
      return writePadded(sink, truncate(value, spec.precision), spec);
    case 'q':
      return writePadded(sink, quoteText(truncate(value, spec.precision), spec), spec);
    case 'x':
    case 'X':
      return writePadded(sink, hexOf(value, spec), spec);
    default:
      return writeBadVerb(sink, value, spec, type);
  }
}

function quoteText(text: string, spec: Readonly<Spec>): string {
  const isRaw = spec.isSharp && !/[`\u007f\ufeff]|[^\t\P{Cc}]/u.test(text);
  return isRaw ? `\`${text}\`` : quoteGo(text, '"', spec.isPlus);
}

function hexOf(text: string, spec: Readonly<Spec>): string {
  const bytes = utf8Bytes(text).subarray(0, spec.precision ?? Infinity);
  const prefix = spec.isSharp && bytes.length > 0 ? `0${spec.verb}` : '';
  const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  const joined = spec.isSpace ? pairs.join(` ${prefix}`) : pairs.join('');
  return prefix + (spec.verb === 'X' ? joined.toUpperCase() : joined);
}

function truncate(text: string, letters: number | undefined): string {
  if (letters === undefined || text.length <= letters) return text;
  return Array.from(text).slice(0, letters).join('');
}

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

function writeInt(sink: TextSink, value: bigint, spec: Readonly<Spec>, type: string): void {
  const base = BASES[spec.verb];
  if (base !== undefined)
    return writePadded(sink, integerText(value, base, spec), { ...spec, isZero: false });
  const codePoint = value >= 0n && value <= 0x10ffffn ? Number(value) : 0xfffd;
  switch (spec.verb) {
    case 'c':
      return writePadded(sink, String.fromCodePoint(codePoint), spec);
    case 'q':
      return writePadded(sink, quoteGo(String.fromCodePoint(codePoint), "'", spec.isPlus), spec);
    case 'U': {
      const text = `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
      return writePadded(sink, spec.isSharp ? `${text} '${String.fromCodePoint(codePoint)}'` : text, {
        ...spec,
        isZero: false,
      });
    }
    default:
      return writeBadVerb(sink, value, spec, type);
  }
}

const PREFIXES: Readonly<Record<string, string>> = { b: '0b', o: '0', O: '0o', x: '0x', X: '0X' };

function integerText(value: bigint, base: number, spec: Readonly<Spec>): string {
  if (spec.precision === 0 && value === 0n) return '';
  const sign = value < 0n ? '-' : spec.isPlus ? '+' : spec.isSpace ? ' ' : '';
  let digits = (value < 0n ? -value : value).toString(base);
  if (spec.verb === 'X') digits = digits.toUpperCase();
  const zeros = spec.isZero && spec.precision === undefined ? (spec.width ?? 0) - sign.length : 0;
  digits = digits.padStart(spec.precision ?? zeros, '0');
  const prefix = spec.isSharp || spec.verb === 'O' ? (PREFIXES[spec.verb] ?? '') : '';
  return sign + (prefix === '0' && digits.startsWith('0') ? '' : prefix) + digits;
}

function writeFloat(sink: TextSink, value: number, spec: Readonly<Spec>, type: string): void {
  const lower = spec.verb.toLowerCase();
  const format = spec.verb === 'v' ? 'g' : lower;
  if (format !== 'g' && format !== 'e' && format !== 'f') return writeBadVerb(sink, value, spec, type);
  const precision = format === 'g' ? spec.precision : (spec.precision ?? 6);
  const plain = formatFloat(value, format, precision);
  const text = spec.verb === 'G' || spec.verb === 'E' ? plain.replace('e', 'E') : plain;
  const isSigned = /^[+-]/.test(text);
  const wanted = (isSigned ? '' : spec.isPlus ? '+' : spec.isSpace ? ' ' : '') + text;
  if (!Number.isFinite(value)) return writePadded(sink, wanted, { ...spec, isZero: false });
  if (!spec.isZero || spec.width === undefined) return writePadded(sink, wanted, spec);
  const sign = /^[+ -]/.exec(wanted)?.[0] ?? '';
  return sink.write(sign + wanted.slice(sign.length).padStart(spec.width - sign.length, '0'));
}

function writeBadVerb(
  sink: TextSink,
  value: string | boolean | number | bigint,
  spec: Readonly<Spec>,
  type: string,
): void {
  sink.write(`%!${spec.verb}(${type}=`);
  writeBasic(sink, value, { ...spec, verb: 'v' }, type);
  sink.write(')');
}

function writePadded(sink: TextSink, text: string, spec: Readonly<Spec>): void {
  if (spec.width === undefined) return sink.write(text);
  const missing = spec.width - letterCount(text);
  if (missing <= 0) return sink.write(text);
  if (spec.isMinus) return sink.write(text + ' '.repeat(missing));
  return sink.write((spec.isZero ? '0' : ' ').repeat(missing) + text);
}

function letterCount(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // The second half of a surrogate pair belongs to the letter before it.
    if (unit < 0xdc00 || unit >= 0xe000) count++;
  }
  return count;
}
