import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SeededRandom } from '../system/seeded-random-fixture.ts';
import { EVENT_CHARS_MAX, SseParser, type ServerSentEvent } from './sse-parser.ts';

function eventsOf(chunks: readonly Uint8Array[]): ServerSentEvent[] {
  const events: ServerSentEvent[] = [];
  const parser = new SseParser((event) => events.push(event));
  for (const chunk of chunks) parser.push(chunk);
  return events;
}

const check = (text: string, want: readonly (readonly [data: string, id: string])[]): void =>
  assert.deepEqual(
    eventsOf([Buffer.from(text)]),
    want.map(([data, id]) => ({ data, id })),
  );

test('events are read as the standard says', () => {
  check('data: a\n\n', [['a', '']]);
  check('data:a\r\n\r\n', [['a', '']]);
  check('data: a\r\rdata: b\n\n', [
    ['a', ''],
    ['b', ''],
  ]);
  check('data: a\ndata:  b\ndata\n\n', [['a\n b\n', '']]);
  check('\uFEFFdata: a\n\n', [['a', '']]);
  check(': comment\nevent: x\nretry: 5\nunknown\n\n', []);
  check('id: e:1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n', [
    ['a', 'e:1'],
    ['b', 'e:1'],
    ['c', ''],
  ]);
  check('id: a\0b\ndata: a\n\n', [['a', '']]);
  check('data: half', []);
});

test('wherever the bytes are cut, the events are the same', () => {
  const piece = fc.constantFrom(
    'data',
    'id',
    ':',
    ' ',
    '\n',
    '\r',
    '\r\n',
    '\n\n',
    '😀é',
    'x',
    '\0',
    '{"a":1}',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.array(fc.nat(120), { maxLength: 8 }),
      (pieces, cuts) => {
        const bytes = Buffer.from(pieces.join(''));
        const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b);
        const chunks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
        assert.deepEqual(eventsOf(chunks), eventsOf([bytes]));
        assert.deepEqual(eventsOf([...bytes].map((byte) => Uint8Array.of(byte))), eventsOf([bytes]));
      },
    ),
    { numRuns: 500 },
  );
});

test('a line or an event at the limit is read, and one character more is refused', () => {
  const chunk = (chars: number): Buffer => Buffer.from('x'.repeat(chars));
  const room = EVENT_CHARS_MAX - 'data:'.length;
  assert.equal(eventsOf([Buffer.from('data:'), chunk(room), Buffer.from('\n\n')])[0]?.data.length, room);
  const refused = {
    message: /cannot read the feed: a line has more than 2000000 characters \(EVENT_CHARS_MAX\)/,
  };
  assert.throws(() => eventsOf([Buffer.from('data:'), chunk(room), chunk(1)]), refused);
  assert.throws(() => eventsOf([Buffer.from(`data:${'x'.repeat(room + 1)}\n`)]), refused);
  const line = Buffer.from(`data:${'x'.repeat(999)}\n`);
  const lines = Array.from({ length: EVENT_CHARS_MAX / 1000 }, () => line);
  assert.equal(eventsOf([...lines, Buffer.from('\n')]).length, 1);
  assert.throws(() => eventsOf([...lines, line]), /an event has more than/);
});

test('random bytes end in events or in an error that says what it is, never in anything else', () => {
  const seed = Number(process.env['VEDETTE_SEED'] ?? 7);
  const random = new SeededRandom(seed);
  for (let run = 0; run < 200; run++) {
    const bytes = random.fill(new Uint8Array(Math.floor(random.float() * 2000)));
    for (const { data } of eventsOf([bytes, Buffer.from('\n\ndata: last\n\n')]))
      assert.equal(typeof data, 'string', `seed ${seed}`);
    assert.equal(eventsOf([bytes, Buffer.from('\n\ndata: last\n\n')]).at(-1)?.data, 'last', `seed ${seed}`);
  }
});
