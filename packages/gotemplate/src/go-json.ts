/** Go's `json.Marshal` of template values: keys of maps sorted, fields in their order, `<`, `>` and `&` escaped. */
import { DEPTH_MAX } from './limits.ts';
import { sortedKeys } from './format-value.ts';
import { type Meter, TextSink } from './meter.ts';
import { CallError, LimitError } from './template-error.ts';
import { type GoStruct, type GoValue, typeNameOf } from './value.ts';

/** Throws `CallError` with Go's message for what JSON cannot say. */
export function goJson(value: GoValue, meter: Meter): string {
  const sink = new TextSink(meter);
  write(sink, value, 0);
  return sink.text;
}

function write(sink: TextSink, value: GoValue, depth: number): void {
  if (depth > DEPTH_MAX) throw new LimitError(`cannot write JSON: value is nested deeper than ${DEPTH_MAX}`);
  sink.addSteps(1);
  if (value === undefined) return sink.write('null');
  if (typeof value === 'string') return sink.write(jsonString(value));
  if (typeof value === 'number') return sink.write(jsonNumber(value));
  if (typeof value !== 'object') return sink.write(String(value));
  switch (value.kind) {
    case 'slice':
      return writeList(sink, '[]', value.elements, (element) => write(sink, element, depth + 1));
    case 'map':
      sink.addSteps(value.entries.size);
      return writeList(sink, '{}', sortedKeys(value), (key) => {
        sink.write(`${jsonString(key)}:`);
        write(sink, value.entries.get(key), depth + 1);
      });
    case 'struct':
      return writeStruct(sink, value, depth);
    case 'named':
      return write(sink, value.value, depth);
    case 'function':
      throw new CallError(`json: unsupported type: ${typeNameOf(value)}`);
  }
}

function writeStruct(sink: TextSink, value: GoStruct, depth: number): void {
  if (value.json !== undefined) return sink.write(value.json());
  return writeList(sink, '{}', [...value.fields], ([name, field]) => {
    sink.write(`${jsonString(value.jsonNames?.get(name) ?? name)}:`);
    write(sink, field, depth + 1);
  });
}

function writeList<T>(
  sink: TextSink,
  brackets: '[]' | '{}',
  elements: readonly T[],
  each: (element: T) => void,
): void {
  sink.write(brackets.charAt(0));
  for (const [i, element] of elements.entries()) {
    if (i > 0) sink.write(',');
    each(element);
  }
  sink.write(brackets.charAt(1));
}

/** Go and JavaScript write floats alike here. */
function jsonNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  throw new CallError(`json: unsupported value: ${name}`);
}

export function jsonString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
