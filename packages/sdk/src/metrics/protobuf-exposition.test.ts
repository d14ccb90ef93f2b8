import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MetricsRegistry } from './instruments.ts';
import { exposeProtobuf } from './protobuf-exposition.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { createMetricsRegistry } from './registry.ts';

/** One field of a message: a number (varint or double) or bytes. */
type Field = readonly [number: number, value: number | Uint8Array];

/** A reader of protobuf, written from the format's description and knowing nothing of how it was written. */
class Reader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#view.byteLength;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#view.getUint8(this.#at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  bytes(length: number): Uint8Array {
    const { buffer, byteOffset } = this.#view;
    assert.ok(this.#at + length <= this.#view.byteLength, 'a length beyond the end');
    this.#at += length;
    return new Uint8Array(buffer, byteOffset + this.#at - length, length);
  }

  fields(): Field[] {
    const fields: Field[] = [];
    while (!this.isAtEnd) {
      const tag = this.varint();
      const wire = tag % 8;
      assert.ok([0, 1, 2].includes(wire), `wire type ${wire}`);
      if (wire === 1) fields.push([(tag - 1) / 8, this.#double()]);
      else fields.push([(tag - wire) / 8, wire === 0 ? this.varint() : this.bytes(this.varint())]);
    }
    return fields;
  }

  #double(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }
}

const allOf = (bytes: Uint8Array, number: number): (number | Uint8Array)[] =>
  new Reader(bytes).fields().flatMap(([own, value]) => (own === number ? [value] : []));
const messagesOf = (bytes: Uint8Array, number: number): Uint8Array[] => allOf(bytes, number) as Uint8Array[];
const messageOf = (bytes: Uint8Array, number: number): Uint8Array => messagesOf(bytes, number)[0]!;
const numberOf = (bytes: Uint8Array, number: number): number =>
  (allOf(bytes, number)[0] as number | undefined) ?? 0;
const textOf = (bytes: Uint8Array, number: number): string =>
  Buffer.from(messageOf(bytes, number)).toString();
const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);
const sintsOf = (bytes: Uint8Array): number[] => {
  const reader = new Reader(bytes);
  const values: number[] = [];
  while (!reader.isAtEnd) values.push(unzigzag(reader.varint()));
  return values;
};
const labelsOf = (metric: Uint8Array): string[] =>
  messagesOf(metric, 1).flatMap((pair) => [textOf(pair, 1), textOf(pair, 2)]);

/** The families of a page by name. */
function familiesOf(registry: MetricsRegistry): Map<string, Uint8Array> {
  const page = Buffer.concat([...exposeProtobuf(registry.read())]);
  const reader = new Reader(page);
  const families = new Map<string, Uint8Array>();
  while (!reader.isAtEnd) {
    const family = reader.bytes(reader.varint());
    families.set(textOf(family, 1), family);
  }
  return families;
}

test('counters, gauges and summaries say what they are and have their values', () => {
  const registry = createMetricsRegistry({ clock: { nowMs: () => 1500, monotonicMs: () => 0 } });
  const hits = registry.counter({ name: 'hits_total', help: 'Hits.\n', labelNames: ['a'] });
  hits.child('höhle').inc(2, { trace_id: 't' });
  registry.gauge({ name: 'g', help: 'h' }).set(-0.5);
  registry.summary({ name: 's', help: 'h', quantiles: [0, 1] }).observe(3);
  const families = familiesOf(registry);
  const counter = families.get('hits_total')!;
  assert.equal(textOf(counter, 2), 'Hits.\n');
  assert.equal(numberOf(counter, 3), 0);
  const metric = messageOf(counter, 4);
  assert.deepEqual(labelsOf(metric), ['a', 'höhle']);
  assert.equal(numberOf(messageOf(metric, 3), 1), 2);
  const exemplar = messageOf(messageOf(metric, 3), 2);
  assert.deepEqual(labelsOf(exemplar), ['trace_id', 't']);
  assert.equal(numberOf(exemplar, 2), 2);
  assert.deepEqual([numberOf(messageOf(exemplar, 3), 1), numberOf(messageOf(exemplar, 3), 2)], [1, 5e8]);
  const gauge = families.get('g')!;
  assert.equal(numberOf(gauge, 3), 1);
  assert.equal(numberOf(messageOf(messageOf(gauge, 4), 2), 1), -0.5);
  const summary = families.get('s')!;
  assert.equal(numberOf(summary, 3), 2);
  const values = messageOf(messageOf(summary, 4), 4);
  assert.deepEqual([numberOf(values, 1), numberOf(values, 2)], [1, 3]);
  assert.deepEqual(
    messagesOf(values, 3).map((quantile) => [numberOf(quantile, 1), numberOf(quantile, 2)]),
    [
      [0, 3],
      [1, 3],
    ],
  );
});

test('a histogram has its classic buckets cumulated and its native ones as differences', () => {
  const registry = createMetricsRegistry();
  const waits = registry.histogram({
    name: 'w',
    help: 'h',
    labelNames: ['a'],
    buckets: [1],
    native: { schema: 0 },
  });
  for (const value of [0, 0.75, 1.5, 3, 3, 100, -5]) waits.observe(value, 'x');
  const family = familiesOf(registry).get('w')!;
  assert.equal(numberOf(family, 3), 4);
  assert.deepEqual(labelsOf(messageOf(family, 4)), ['a', 'x']);
  const histogram = messageOf(messageOf(family, 4), 7);
  assert.deepEqual([numberOf(histogram, 1), numberOf(histogram, 2)], [7, 103.25]);
  assert.deepEqual(
    messagesOf(histogram, 3).map((bucket) => [numberOf(bucket, 1), numberOf(bucket, 2)]),
    [
      [3, 1],
      [7, Infinity],
    ],
  );
  const spans = (field: number): number[][] =>
    messagesOf(histogram, field).map((span) => [unzigzag(numberOf(span, 1)), numberOf(span, 2)]);
  assert.deepEqual(spans(12), [
    [0, 3],
    [4, 1],
  ]);
  assert.deepEqual(sintsOf(messageOf(histogram, 13)), [1, 0, 1, -1]);
  assert.deepEqual(spans(9), [[3, 1]]);
  assert.deepEqual(sintsOf(messageOf(histogram, 10)), [1]);
  assert.deepEqual(
    [numberOf(histogram, 5), numberOf(histogram, 6), numberOf(histogram, 7)],
    [0, 2 ** -128, 1],
  );
});

test('an empty native histogram has a span without buckets, by which readers know it', () => {
  const registry = createMetricsRegistry();
  registry.histogram({ name: 'w', help: 'h', native: true });
  const histogram = messageOf(messageOf(familiesOf(registry).get('w')!, 4), 7);
  assert.equal(messagesOf(histogram, 12).length, 1);
  assert.equal(messagesOf(histogram, 13).length, 0);
});

test('the page says what the registry says, whatever the labels and values', () => {
  const rows = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.double({ noNaN: true })), {
    maxLength: 300,
  });
  fc.assert(
    fc.property(rows, (set) => {
      const registry = createMetricsRegistry();
      const gauge = registry.gauge({ name: 'g', help: 'h', labelNames: ['a'] });
      for (const [a, value] of set) gauge.set(value, a);
      const family = familiesOf(registry).get('g');
      const got = family === undefined ? [] : messagesOf(family, 4);
      const want = registry.collect().find(({ name }) => name === 'g')?.samples ?? [];
      assert.deepEqual(
        got.map((metric) => [labelsOf(metric), numberOf(messageOf(metric, 2), 1)]),
        want.map(({ labels, value }) => [labels, value]),
      );
    }),
    { numRuns: 30 },
  );
});

test('100,000 series come with a pause between every 20 kB of work', () => {
  const registry = createMetricsRegistry();
  const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames: ['id'], seriesMax: 100_000 });
  for (let i = 0; i < 100_000; i++) hits.inc(i, String(i));
  let pauses = 0;
  const pieces: Uint8Array[] = [];
  for (const piece of exposeProtobuf(registry.read())) {
    assert.ok(piece.length < 20_000);
    if (piece.length === 0) pauses++;
    pieces.push(piece);
  }
  assert.ok(pauses > 100, `${pauses} pauses`);
  assert.equal(new Reader(Buffer.concat(pieces)).varint() > 0, true);
});

test('numbers that are none for a count do not break the message', () => {
  for (const [value, want] of [
    [Number.NaN, 0],
    [-5, 0],
    [Infinity, Number.MAX_SAFE_INTEGER],
    [1.5, 1],
    [127, 127],
    [128, 128],
    [2 ** 53 - 1, 2 ** 53 - 1],
  ] as const) {
    const writer = new ProtobufWriter();
    writer.uint(1, value);
    assert.deepEqual(new Reader(writer.finish()).fields(), [[1, want]]);
  }
});

test('messages within messages keep their lengths at every width', () => {
  for (const size of [0, 1, 127, 128, 16_383, 16_384, 100_000]) {
    const writer = new ProtobufWriter();
    writer.message(1, () => writer.message(2, () => writer.string(3, 'x'.repeat(size))));
    writer.uint(4, 7);
    const bytes = writer.finish();
    assert.equal(textOf(messageOf(messageOf(bytes, 1), 2), 3), 'x'.repeat(size));
    assert.equal(numberOf(bytes, 4), 7);
  }
});
