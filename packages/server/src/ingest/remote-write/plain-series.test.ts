import '../../../../../tools/property-seed.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SampleBatchBuilder, SeededRandom } from '@vedette/model';
import { ProtobufReader } from '../../lib/protobuf-reader.ts';
import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import { PLAIN_BYTES_MAX, PlainSeriesReader } from './plain-series.ts';
import { createScene, NOW_MS, requestV1, type Pairs, type SeriesText } from './remote-write-fixture.ts';
import { WriteBatch } from './write-batch.ts';

const NAME = ['__name__', 'up'] as const;

/** The series message alone, without the request around it. */
function messageOf(series: SeriesText): Uint8Array {
  const reader = new ProtobufReader(requestV1([series]));
  reader.next();
  return reader.bytes();
}

function isPlain(message: Uint8Array): boolean {
  // Bytes around it are not part of it.
  const body = Buffer.concat([Buffer.from([0x0a, 0x12]), message, Buffer.from([0x12, 0x08, 0x10, 1])]);
  const batch = new WriteBatch({ builder: new SampleBatchBuilder(), nowMs: NOW_MS });
  const isRead = new PlainSeriesReader(body, batch).read(2, 2 + message.length);
  const { seriesCount, keys, timestampsMs } = batch.finish();
  if (!isRead) assert.deepEqual([seriesCount, keys.length, timestampsMs.length], [0, 0, 0]);
  return isRead;
}

/** What becomes of a series message, as a sender and the store see it. */
async function outcomeOf(message: Uint8Array): Promise<unknown> {
  const { send, store } = createScene();
  const request = new ProtobufWriter();
  request.bytes(1, message);
  try {
    const { status, body } = await send('v1', request.finish());
    return { status, body, rows: store.rows, exemplars: store.exemplars };
  } catch {
    // The byte at fault is another one where a field stands in front.
    return { status: 400, rows: store.rows };
  }
}

/** A field that no version has, in front: such a series is the general reader's. */
const UNKNOWN_FIELD = Buffer.from([0x78, 0]);

async function assertReadersAgree(message: Uint8Array): Promise<void> {
  const general = Buffer.concat([UNKNOWN_FIELD, message]);
  assert.equal(isPlain(general), false);
  assert.deepEqual(await outcomeOf(message), await outcomeOf(general));
}

const text = fc.oneof(
  fc.constantFrom('', '__name__', 'a', 'ab', 'b', 'é', 'x'.repeat(127), 'y'.repeat(300)),
  fc.string({ maxLength: 8 }),
);
const series: fc.Arbitrary<SeriesText> = fc.record({
  labels: fc
    .tuple(fc.array(fc.tuple(text, text), { maxLength: 5 }), fc.boolean())
    .map(([pairs, isSorted]) =>
      isSorted ? [NAME, ...pairs].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))) : pairs,
    ),
  samples: fc.array(
    fc.record({
      timestampMs: fc.oneof(
        fc.integer({ min: NOW_MS, max: NOW_MS + 5 }),
        fc.constantFrom(0, -1, 2 ** 49 - 1, 2 ** 49, 2 ** 53),
      ),
      value: fc.oneof(fc.double(), fc.constantFrom(0, -0, Infinity), fc.constant('stale' as const)),
    }),
    { maxLength: 4 },
  ),
});

test('both readers make the same of any series', async () => {
  await fc.assert(
    fc.asyncProperty(series, async (one) => await assertReadersAgree(messageOf(one))),
    { numRuns: 400 },
  );
});

test('both readers make the same of a series with bytes changed', async () => {
  const sound = messageOf({
    labels: [NAME, ['instance', 'a:9100'], ['job', 'api']],
    samples: [
      { timestampMs: NOW_MS, value: 1.5 },
      { timestampMs: NOW_MS + 1000, value: 2 },
    ],
  });
  const random = new SeededRandom(7);
  let plainCount = 0;
  for (let at = 0; at < sound.length; at++) {
    for (const byte of [0, 1, 0x7f, 0x80, 0xff, Math.floor(random.float() * 256)]) {
      const changed = Uint8Array.from(sound);
      changed[at] = byte;
      if (isPlain(changed)) plainCount++;
      await assertReadersAgree(changed);
    }
    await assertReadersAgree(sound.subarray(0, at));
  }
  assert.ok(plainCount > 20, `only ${plainCount} of the changed messages were plain`);
});

test('what senders write is plain: sorted ASCII labels and float samples in increasing time', () => {
  const check = (isWanted: boolean, change: Partial<SeriesText>): void =>
    assert.equal(
      isPlain(
        messageOf({ labels: [NAME, ['job', 'a']], samples: [{ timestampMs: 5, value: 1 }], ...change }),
      ),
      isWanted,
      JSON.stringify(change).slice(0, 200),
    );
  check(true, {});
  check(true, { labels: [['Z', 'upper case comes first'], NAME, ['job', 'a'], ['jobs', 'b']] });
  check(true, { samples: Array.from({ length: 200 }, (_, k) => ({ timestampMs: NOW_MS + k, value: k })) });
  check(true, { labels: [NAME, ['a', 'x'.repeat(122)]] });
  check(false, { labels: [NAME, ['a', 'x'.repeat(123)]] });
  check(false, { labels: [['job', 'a']] });
  check(false, { labels: [['job', 'a'], NAME] });
  check(false, { labels: [NAME, ['job', 'a'], ['job', 'b']] });
  check(false, { labels: [NAME, ['job', 'é']] });
  check(false, { labels: [NAME, ['job', '']] });
  check(false, { samples: [] });
  check(false, { samples: [{ timestampMs: 5, value: 'stale' }] });
  check(false, { samples: [{ timestampMs: 5, value: NaN }] });
  check(false, { samples: [{ timestampMs: 5, value: 1, startMs: 1 }] });
  check(false, { samples: [1, 1].map((value) => ({ timestampMs: 5, value })) });
  check(false, { exemplars: [{ labels: [['a', 'b']], value: 1 }] });
  check(false, { histograms: [{ timestampMs: 6, countInt: 0 }] });
});

test('a sample without a value is 0, as senders leave zeros out', async () => {
  const labels = messageOf({ labels: [NAME], samples: [] });
  const message = Buffer.concat([labels, Buffer.from([0x12, 2, 0x10, 9])]);
  assert.equal(isPlain(message), true);
  assert.deepEqual(await outcomeOf(message), {
    status: 204,
    body: undefined,
    rows: [['up', 9, 0]],
    exemplars: [],
  });
});

test('128 labels are plain, and 4,096 bytes; one more of either is for the general reader', () => {
  const labels = Array.from({ length: 127 }, (_, i) => [`a${String(i).padStart(3, '0')}`, 'v'] as const);
  const samples = [{ timestampMs: NOW_MS, value: 1 }];
  assert.equal(isPlain(messageOf({ labels: [NAME, ...labels], samples })), true);
  assert.equal(isPlain(messageOf({ labels: [NAME, ...labels, ['b', 'v']], samples })), false);
  const count = 200;
  const many = Array.from({ length: count }, (_, k) => ({ timestampMs: NOW_MS + k, value: k + 1 }));
  const check = (bytes: number, isWanted: boolean): void => {
    const filler = ['a', 'b', 'c', 'd', 'e'].map((name) => [name, 'x'.repeat(80)] as const);
    const labelsOf = (name: string): Pairs => [['__name__', name], ...filler];
    const shortest = messageOf({ labels: labelsOf('n'), samples: many });
    const full = messageOf({ labels: labelsOf('n'.repeat(1 + bytes - shortest.length)), samples: many });
    assert.equal(full.length, bytes);
    assert.equal(isPlain(full), isWanted);
  };
  check(PLAIN_BYTES_MAX, true);
  check(PLAIN_BYTES_MAX + 1, false);
});
