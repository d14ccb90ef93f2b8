/**
 * Go's `fmt`: `Sprint`, `Sprintln` and `Sprintf` over template values.
 *
 * A format is walked once; each verb is parsed into a `Spec` (flags, width, precision, argument index)
 * and handed with its argument to format-value.ts. Mistakes do not fail, they are printed the way Go
 * prints them: `%!d(string=x)`, `%!s(MISSING)`, `%!(EXTRA int=3)`, `%!(NOVERB)`.
 */
import { formatValue, NO_FLAGS, type Spec } from './format-value.ts';
import { type Meter, TextSink } from './meter.ts';
import { type GoValue, basicOf, typeNameOf } from './value.ts';

/** `fmt.Sprint`: a space between two operands neither of which is a string. */
export function sprint(args: readonly GoValue[], meter: Meter): string {
  const sink = new TextSink(meter);
  let wasString = true;
  for (const arg of args) {
    const isString = typeof basicOf(arg) === 'string';
    if (!wasString && !isString) sink.write(' ');
    formatValue(sink, arg, NO_FLAGS);
    wasString = isString;
  }
  return sink.text;
}

/** `fmt.Sprintln`: a space between all operands and a line feed at the end. */
export function sprintln(args: readonly GoValue[], meter: Meter): string {
  const sink = new TextSink(meter);
  for (const [i, arg] of args.entries()) {
    if (i > 0) sink.write(' ');
    formatValue(sink, arg, NO_FLAGS);
  }
  sink.write('\n');
  return sink.text;
}

/** `fmt.Sprintf`. */
export function sprintf(format: string, args: readonly GoValue[], meter: Meter): string {
  const sink = new TextSink(meter);
  const printer = new FormatWalk(format, args, sink);
  printer.run();
  return sink.text;
}

/** Go refuses widths and precisions beyond this. */
const WIDTH_MAX = 1_000_000;

class FormatWalk {
  readonly #format: string;
  readonly #args: readonly GoValue[];
  readonly #sink: TextSink;
  /** Past it no `]` is worth looking for. */
  readonly #lastBracket: number;
  #index = 0;
  #argIndex = 0;
  #isReordered = false;
  #isArgIndexGood = true;

  constructor(format: string, args: readonly GoValue[], sink: TextSink) {
    this.#format = format;
    this.#args = args;
    this.#sink = sink;
    this.#lastBracket = format.lastIndexOf(']');
  }

  run(): void {
    while (this.#index < this.#format.length) {
      const percent = this.#format.indexOf('%', this.#index);
      if (percent < 0) {
        this.#sink.write(this.#format.slice(this.#index));
        break;
      }
      this.#sink.write(this.#format.slice(this.#index, percent));
      this.#index = percent + 1;
      this.#isArgIndexGood = true;
      this.#directive();
    }
    if (!this.#isReordered && this.#argIndex < this.#args.length) this.#writeExtra();
  }

  #directive(): void {
    const spec: Spec = { ...NO_FLAGS };
    this.#readFlags(spec);
    let isAfterIndex = this.#readArgIndex();
    if (this.#format[this.#index] === '*') {
      this.#index++;
      this.#readWidthArgument(spec);
      isAfterIndex = false;
    } else {
      spec.width = this.#readNumber();
      if (isAfterIndex && spec.width !== undefined) this.#isArgIndexGood = false;
    }
    if (this.#format[this.#index] === '.') {
      this.#index++;
      if (isAfterIndex) this.#isArgIndexGood = false;
      isAfterIndex = this.#readArgIndex();
      if (this.#format[this.#index] === '*') {
        this.#index++;
        this.#readPrecisionArgument(spec);
        isAfterIndex = false;
      } else {
        spec.precision = this.#readNumber() ?? 0;
      }
    }
    if (!isAfterIndex) this.#readArgIndex();
    this.#verb(spec);
  }

  #readFlags(spec: Spec): void {
    for (; ; this.#index++) {
      switch (this.#format[this.#index]) {
        case '#':
          spec.isSharp = true;
          break;
        case '0':
          spec.isZero = !spec.isMinus;
          break;
        case '+':
          spec.isPlus = true;
          break;
        case '-':
          spec.isMinus = true;
          spec.isZero = false;
          break;
        case ' ':
          spec.isSpace = true;
          break;
        case undefined:
        default:
          return;
      }
    }
  }

  /** `[3]`: the next operand is the third argument. */
  #readArgIndex(): boolean {
    if (this.#format[this.#index] !== '[') return false;
    this.#isReordered = true;
    const close = this.#index > this.#lastBracket ? -1 : this.#format.indexOf(']', this.#index);
    const digits = close < 0 ? '' : this.#format.slice(this.#index + 1, close);
    const position = /^\d{1,7}$/.test(digits) ? Number(digits) : 0;
    this.#index = close < 0 ? this.#index + 1 : close + 1;
    if (position < 1 || position > this.#args.length) {
      this.#isArgIndexGood = false;
      return close >= 0 && position > 0;
    }
    this.#argIndex = position - 1;
    return true;
  }

  #readNumber(): number | undefined {
    const start = this.#index;
    while (/^\d$/.test(this.#format[this.#index] ?? '')) this.#index++;
    if (start === this.#index) return undefined;
    const value = Number(this.#format.slice(start, this.#index));
    return value > WIDTH_MAX ? undefined : value;
  }

  #readWidthArgument(spec: Spec): void {
    const width = this.#intArgument();
    if (width === undefined) this.#sink.write('%!(BADWIDTH)');
    else if (width < 0) {
      spec.width = -width;
      spec.isMinus = true;
      spec.isZero = false;
    } else spec.width = width;
  }

  #readPrecisionArgument(spec: Spec): void {
    const precision = this.#intArgument();
    if (precision === undefined) this.#sink.write('%!(BADPREC)');
    else if (precision >= 0) spec.precision = precision;
    else this.#sink.write('%!(BADPREC)');
  }

  #intArgument(): number | undefined {
    if (this.#argIndex >= this.#args.length) return undefined;
    const value = basicOf(this.#args[this.#argIndex++]);
    if (typeof value !== 'bigint' || value > WIDTH_MAX || value < -WIDTH_MAX) return undefined;
    return Number(value);
  }

  #verb(spec: Spec): void {
    const codePoint = this.#format.codePointAt(this.#index);
    if (codePoint === undefined) return this.#sink.write('%!(NOVERB)');
    const verb = String.fromCodePoint(codePoint);
    this.#index += verb.length;
    if (verb === '%') return this.#sink.write('%');
    if (!this.#isArgIndexGood) return this.#sink.write(`%!${verb}(BADINDEX)`);
    if (this.#argIndex >= this.#args.length) return this.#sink.write(`%!${verb}(MISSING)`);
    spec.verb = verb;
    if (verb === 'v') {
      spec.isGoSyntax = spec.isSharp;
      spec.isWithNames = spec.isPlus;
      spec.isSharp = false;
      spec.isPlus = false;
    }
    formatValue(this.#sink, this.#args[this.#argIndex++], spec);
  }

  #writeExtra(): void {
    this.#sink.write('%!(EXTRA ');
    for (let i = this.#argIndex; i < this.#args.length; i++) {
      const arg = this.#args[i];
      if (i > this.#argIndex) this.#sink.write(', ');
      if (arg === undefined) this.#sink.write('<nil>');
      else {
        this.#sink.write(`${typeNameOf(arg)}=`);
        formatValue(this.#sink, arg, NO_FLAGS);
      }
    }
    this.#sink.write(')');
  }
}
