import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventsOf } from './event-stream.ts';
import { linesOf } from './lines.ts';

async function* chunks(parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  await Promise.resolve();
  yield* parts;
}

function cutAt(text: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

test('events are the same however the stream is cut', async () => {
  const text =
    ': hello\r\n\r\nevent: message\ndata: {"a":1}\n\ndata: zwei ü\r\ndata:drei\r\nid: 7\r\n\r\ndata: cut off';
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(), { maxLength: 12 }), async (cuts) => {
      assert.deepEqual(await all(eventsOf(chunks(cutAt(text, cuts)), 1000)), ['{"a":1}', 'zwei ü\ndrei']);
    }),
    { seed: 8 },
  );
});

test('an event, or a line of it, that is too long ends the stream', async () => {
  const check = async (text: string): Promise<void> =>
    await assert.rejects(
      all(eventsOf(chunks([Buffer.from(text)]), 100)),
      /one message is longer than 100 bytes/,
    );
  await check(`data: ${'x'.repeat(101)}`);
  await check(`data: ${'x'.repeat(60)}\ndata: ${'x'.repeat(60)}\n\n`);
});

test('lines are the same however the input is cut; too long ones are passed over', async () => {
  const text = `{"a":"ü"}\r\n\n${'x'.repeat(30)}\nlast`;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(), { maxLength: 12 }), async (cuts) => {
      assert.deepEqual(await all(linesOf(chunks(cutAt(text, cuts)), 20)), [
        { kind: 'line', text: '{"a":"ü"}' },
        { kind: 'line', text: '' },
        { kind: 'too-long' },
        { kind: 'line', text: 'last' },
      ]);
    }),
    { seed: 8 },
  );
});
