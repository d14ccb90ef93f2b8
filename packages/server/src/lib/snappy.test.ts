import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '@vedette/model';
import { compressSnappy, decompressSnappy, decompressSnappyInSlices, snappyContentLength } from './snappy.ts';

const MIB = 2 ** 20;

/** Text that repeats itself near and far, and runs of one byte. */
const CONTENT = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 3000 })), { maxLength: 8 })
  .map((parts) => Buffer.concat(parts.flatMap(([bytes, times]) => Array<Uint8Array>(times).fill(bytes))));

test('what is compressed comes back', () => {
  fc.assert(
    fc.property(CONTENT, (content) => {
      const packed = compressSnappy(content);
      assert.ok(Buffer.from(decompressSnappy(packed, 16 * MIB)).equals(content));
    }),
    { numRuns: 200 },
  );
});

test('repeats are found', () => {
  const content = Buffer.from('http_requests_total{code="200"} '.repeat(10_000));
  assert.ok(compressSnappy(content).length < content.length / 15);
});

test('every element of the format is understood', () => {
  const literal = [3 << 2, 0x61, 0x62, 0x63, 0x64];
  const texts: [string, number[]][] = [
    ['abcd', [4, ...literal]],
    ['abcdabcd', [8, ...literal, 1, 4]],
    ['abcddddddd', [10, ...literal, (5 << 2) | 2, 1, 0]],
    ['abcdbcd', [7, ...literal, (2 << 2) | 3, 3, 0, 0, 0]],
    ['abcd', [4, 60 << 2, 3, 0x61, 0x62, 0x63, 0x64]],
    ['abcd', [4, 63 << 2, 3, 0, 0, 0, 0x61, 0x62, 0x63, 0x64]],
    ['', [0]],
  ];
  for (const [text, bytes] of texts)
    assert.equal(Buffer.from(decompressSnappy(Uint8Array.from(bytes), 100)).toString(), text);
});

test('in slices it is the same, with pauses in long literals and long repeats', async () => {
  const random = Buffer.alloc(MIB);
  for (let i = 0, state = 1; i < random.length; i++)
    random[i] = (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 24;
  const oneLiteral = Buffer.concat([Buffer.from([0x80, 0x80, 0x40, 62 << 2, 0xff, 0xff, 0x0f]), random]);
  for (const [packed, content] of [
    [compressSnappy(Buffer.alloc(MIB, 'a')), Buffer.alloc(MIB, 'a')],
    [compressSnappy(random), random],
    [oneLiteral, random],
  ] as const) {
    let pauses = 0;
    const slicer = {
      shouldYield: () => true,
      yield: () => {
        pauses++;
        return Promise.resolve();
      },
    };
    assert.equal(snappyContentLength(packed, MIB), MIB);
    assert.ok(Buffer.from(await decompressSnappyInSlices(packed, MIB, { slicer })).equals(content));
    assert.ok(pauses >= 100, String(pauses));
    await assert.rejects(
      decompressSnappyInSlices(packed.subarray(0, -1), MIB, { slicer }),
      /cut off|announced/,
    );
  }
});

test('damage is refused with its place, and too much before memory is taken for it', () => {
  const cases: [RegExp, number[]][] = [
    [/limit is 100/, [101]],
    [/limit is 100/, [0xff, 0xff, 0xff, 0xff, 0x0f]],
    [/does not fit 32 bits/, [0xff, 0xff, 0xff, 0xff, 0xff, 1]],
    [/more is announced/, [99, 0, 1]],
    [/copy begins before/, [8, 0, 1, 1, 9]],
    [/4 bytes are announced, 1 are there/, [4, 0, 1]],
    [/longer than announced/, [1, 4, 1, 2]],
    [/literal is cut off/, [4, 3 << 2, 1]],
    [/copy is cut off/, [6, 0, 1, 2]],
    [/cut off inside its length/, []],
  ];
  for (const [want, bytes] of cases)
    assert.throws(() => decompressSnappy(Uint8Array.from(bytes), 100), want, String(want));
});

test('whatever the bytes, they are content or a fault', () => {
  const mutated = fc.tuple(CONTENT, fc.nat(), fc.nat({ max: 255 })).map(([content, at, byte]) => {
    const packed = compressSnappy(content.subarray(0, 5000));
    packed[at % packed.length] = byte;
    return packed;
  });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (bytes) => {
      try {
        assert.ok(decompressSnappy(bytes, MIB).length <= MIB);
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test('content goes to the front of a target that is long enough, and to memory of its own else', async () => {
  const content = Buffer.from('abcabcabcabcabc and nothing that repeats');
  const packed = compressSnappy(content);
  const slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
  // Behind other bytes, which stay as they are, as do those behind the content.
  const around = new Uint8Array(content.length + 20).fill(7);
  const target = around.subarray(10, 10 + content.length);
  const unpacked = await decompressSnappyInSlices(packed, MIB, { slicer, target });
  assert.equal(unpacked.buffer, around.buffer);
  assert.deepEqual(Buffer.from(around), Buffer.concat([Buffer.alloc(10, 7), content, Buffer.alloc(10, 7)]));
  const short = around.subarray(0, content.length - 1);
  const elsewhere = await decompressSnappyInSlices(packed, MIB, { slicer, target: short });
  assert.notEqual(elsewhere.buffer, around.buffer);
  assert.deepEqual(Buffer.from(elsewhere), content);
});
