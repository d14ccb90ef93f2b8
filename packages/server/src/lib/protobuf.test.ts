import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '@vedette/model';
import { ProtobufReader } from './protobuf-reader.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

const WHOLE = fc.maxSafeInteger();
const NATURAL = fc.maxSafeNat();

test('what the writer writes, the reader reads', () => {
  const property = fc.property(
    NATURAL,
    WHOLE,
    WHOLE.filter((value) => Math.abs(value) < 2 ** 52),
    fc.double(),
    fc.string({ unit: 'grapheme' }),
    (natural, whole, half, double, text) => {
      const writer = new ProtobufWriter(1);
      writer.uint(1, natural);
      writer.int(2, whole);
      writer.sint(3, half);
      writer.double(400, double);
      writer.string(5, text);
      const reader = new ProtobufReader(writer.finish());
      const read: unknown[] = [];
      for (const value of [
        () => reader.uint(),
        () => reader.int(),
        () => reader.sint(),
        () => reader.double(),
        () => reader.string(),
      ]) {
        assert.ok(reader.next());
        read.push(reader.field, value());
      }
      assert.equal(reader.next(), false);
      // Zero has no sign in whole numbers of protobuf.
      assert.deepEqual(read, [1, natural, 2, whole + 0, 3, half + 0, 400, double, 5, text]);
    },
  );
  fc.assert(property, { numRuns: 500 });
});

test('repeated numbers are read packed and one by one', () => {
  const packed = new ProtobufWriter();
  packed.packedUints(1, [1, 300, 2 ** 40]);
  packed.packedSints(2, [-1, 0, 5]);
  packed.packedDoubles(3, [0.5, -Infinity]);
  const single = new ProtobufWriter();
  for (const value of [1, 300, 2 ** 40]) single.uint(1, value);
  for (const value of [-1, 0, 5]) single.sint(2, value);
  for (const value of [0.5, -Infinity]) single.double(3, value);
  for (const writer of [packed, single]) {
    const out: number[][] = [[], [], [], []];
    const reader = new ProtobufReader(writer.finish());
    while (reader.next()) {
      if (reader.field === 1) reader.uints(out[1]!);
      else if (reader.field === 2) reader.sints(out[2]!);
      else reader.doubles(out[3]!);
    }
    assert.deepEqual(out.slice(1), [
      [1, 300, 2 ** 40],
      [-1, 0, 5],
      [0.5, -Infinity],
    ]);
  }
});

test('nested messages and unknown fields', () => {
  const inner = new ProtobufWriter();
  inner.string(1, 'in');
  const outer = new ProtobufWriter();
  outer.double(9, 1);
  outer.message(1, inner);
  outer.uint(8, 7);
  const reader = new ProtobufReader(outer.finish());
  const found: string[] = [];
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    const message = reader.message();
    while (message.next()) found.push(message.string());
  }
  assert.deepEqual(found, ['in']);
});

test('a walk goes into a message and comes out, back to an earlier field, and through packed numbers', () => {
  const inner = new ProtobufWriter();
  inner.uint(1, 5);
  inner.uint(2, 6);
  const outer = new ProtobufWriter();
  outer.message(1, inner);
  outer.packedUints(2, [7, 300]);
  outer.uint(3, 8);
  const reader = new ProtobufReader(outer.finish());
  assert.ok(reader.next());
  const outerEnd = reader.enter();
  const start = reader.position;
  for (let round = 0; round < 2; round++) {
    const found: number[] = [];
    while (reader.next()) found.push(reader.uint());
    assert.deepEqual(found, [5, 6]);
    reader.rewind(start);
  }
  assert.ok(reader.next());
  // Out from the middle: what is left of the inner message is stepped over.
  reader.leave(outerEnd);
  assert.ok(reader.next());
  const packedEnd = reader.enter();
  const numbers: number[] = [];
  while (reader.hasMore) numbers.push(reader.packedUint());
  assert.deepEqual(numbers, [7, 300]);
  reader.leave(packedEnd);
  assert.ok(reader.next());
  assert.deepEqual([reader.field, reader.uint(), reader.next()], [3, 8, false]);
});

test('a message that is longer than the one around it cannot be gone into', () => {
  const reader = new ProtobufReader(Uint8Array.of(0x0a, 2, 0x0a, 5));
  assert.ok(reader.next());
  reader.enter();
  assert.ok(reader.next());
  assert.throws(() => reader.enter(), /5 bytes are announced, 0 are left/);
});

test('faults are told with their byte', () => {
  const faultOf = (bytes: readonly number[], use: (reader: ProtobufReader) => unknown): string => {
    const reader = new ProtobufReader(Uint8Array.from(bytes));
    try {
      if (reader.next()) use(reader);
    } catch (error) {
      assert.ok(error instanceof InputError);
      return error.message;
    }
    return assert.fail('it must be refused');
  };
  assert.match(
    faultOf([0x0a, 5, 1], (reader) => reader.bytes()),
    /byte 2: it is cut off: 5 bytes are announced, 1 are left/,
  );
  assert.match(
    faultOf([0x08, 0x80], (reader) => reader.uint()),
    /cut off inside a number/,
  );
  assert.match(
    faultOf([0x08, ...Array<number>(10).fill(0xff)], (reader) => reader.uint()),
    /longer than 10 bytes/,
  );
  assert.match(
    faultOf([0x08, 1], (reader) => reader.string()),
    /field 1 has wire type 0, want 2/,
  );
  assert.match(
    faultOf([0x0a, 1, 0xff], (reader) => reader.string()),
    /not UTF-8/,
  );
  assert.match(
    faultOf([0x00, 1], (reader) => reader.skip()),
    /field number 0/,
  );
  assert.match(
    faultOf([0x0f, 1], (reader) => reader.skip()),
    /wire type 7/,
  );
  assert.match(
    faultOf([0x0b, 0x0b, 0x0c], (reader) => reader.skip()),
    /group 1 does not end/,
  );
});

test('whatever the bytes, a walk over all fields ends with them or with a fault', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    const reader = new ProtobufReader(bytes);
    try {
      while (reader.next()) reader.skip();
      assert.equal(reader.position, bytes.length);
    } catch (error) {
      assert.ok(error instanceof InputError, String(error));
    }
  });
  fc.assert(property, { numRuns: 2000 });
});

test('int64 is exact beyond 2^53, and fixed64 is divided exactly', () => {
  const checkInt = (bytes: readonly number[], want: number | bigint): void => {
    const reader = new ProtobufReader(Uint8Array.from([8, ...bytes]));
    assert.ok(reader.next());
    assert.equal(reader.exactInt(), want);
    assert.ok(!reader.next());
  };
  checkInt([42], 42);
  checkInt([...Array<number>(9).fill(0xff), 1], -1);
  checkInt([0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10], 2n ** 53n + 1n);
  checkInt([...Array<number>(9).fill(0x80), 1], -(2n ** 63n));
  const checkQuotient = (value: bigint, want: number): void => {
    const bytes = Buffer.from([9, ...Array<number>(8).fill(0)]);
    bytes.writeBigUInt64LE(value, 1);
    const reader = new ProtobufReader(bytes);
    assert.ok(reader.next());
    assert.equal(reader.fixed64Quotient(1_000_000), want);
  };
  checkQuotient(0n, 0);
  checkQuotient(999_999n, 0);
  checkQuotient(1_795_233_720_133_000_000n, 1_795_233_720_133);
  checkQuotient(1_795_233_720_132_999_999n, 1_795_233_720_132);
  checkQuotient(2n ** 64n - 1n, 18_446_744_073_709);
});
