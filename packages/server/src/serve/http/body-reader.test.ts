import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { BODY_BYTES_FREE, BodyReader, type BodyOwner } from './body-reader.ts';

const BODY_LIMIT = 1_000_000;

function ownerOf(headers: Record<string, string> = {}): BodyOwner {
  return { headers, routeOptions: { bodyLimit: BODY_LIMIT } } as BodyOwner;
}

/** A body that comes as it is written, and its reading. */
function open(
  reader: BodyReader,
  owner = ownerOf(),
): { payload: PassThrough; owner: BodyOwner; body: Promise<Buffer> } {
  const payload = new PassThrough();
  return { payload, owner, body: reader.read(owner, payload) };
}

const bytes = (count: number): Buffer => Buffer.alloc(count, 'x');
const counted = (count: number): Buffer => bytes(BODY_BYTES_FREE + count);
const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('a body comes whole, whatever its pieces; an empty one is empty', async () => {
  const reader = new BodyReader();
  const { payload, body } = open(reader);
  payload.write('ab');
  payload.write('c');
  payload.end('d');
  assert.equal((await body).toString(), 'abcd');
  const empty = open(reader);
  empty.payload.end();
  assert.equal((await empty.body).length, 0);
});

test('a body at its limit is taken, one byte more is refused, declared or not', async () => {
  const reader = new BodyReader();
  const at = open(reader, ownerOf({ 'content-length': String(BODY_LIMIT) }));
  at.payload.end(bytes(BODY_LIMIT));
  assert.equal((await at.body).length, BODY_LIMIT);
  const tooLarge = { code: 'VED_BODY_TOO_LARGE', message: /longer than the limit of 1000000 bytes/ };
  await assert.rejects(open(reader, ownerOf({ 'content-length': '1000001' })).body, tooLarge);
  const over = open(reader);
  const refusal = assert.rejects(over.body, tooLarge);
  over.payload.end(bytes(BODY_LIMIT + 1));
  await refusal;
});

test('bodies share a budget from their first byte until they are released', async () => {
  const reader = new BodyReader(1000);
  const first = open(reader);
  first.payload.write(counted(600));
  const second = open(reader);
  second.payload.write(counted(400));
  await settle();
  assert.equal(reader.bytes, 1000);
  const third = open(reader);
  const refusal = assert.rejects(third.body, {
    code: 'VED_INGEST_BUSY',
    message: 'cannot take the body now: bodies of 1000 bytes are held, the limit is 1000; send again later',
  });
  third.payload.end(counted(1));
  await refusal;
  reader.release(third.owner);
  first.payload.end();
  assert.equal((await first.body).length, BODY_BYTES_FREE + 600);
  // In work it still counts.
  assert.equal(reader.bytes, 1000);
  reader.release(first.owner);
  reader.release(first.owner);
  assert.equal(reader.bytes, 400);
  second.payload.end(bytes(600));
  assert.equal((await second.body).length, BODY_BYTES_FREE + 1000);
  reader.release(second.owner);
  assert.equal(reader.bytes, 0);
});

test('small bodies are free, and a single one may be larger than the budget', async () => {
  const reader = new BodyReader(10);
  const large = open(reader);
  large.payload.end(counted(500));
  assert.equal((await large.body).length, BODY_BYTES_FREE + 500);
  const small = open(reader);
  small.payload.end(bytes(BODY_BYTES_FREE));
  assert.equal((await small.body).length, BODY_BYTES_FREE);
  const other = open(reader);
  const refusal = assert.rejects(other.body, { code: 'VED_INGEST_BUSY' });
  other.payload.end(counted(1));
  await refusal;
});

test('a body that breaks off is told as such, and what it held is released', async () => {
  const reader = new BodyReader(1000);
  const { payload, owner, body } = open(reader);
  const refusal = assert.rejects(body, {
    code: 'VED_BODY_INVALID',
    message: 'cannot read the body: aborted',
  });
  payload.write(counted(10));
  await settle();
  assert.equal(reader.bytes, 10);
  payload.destroy(new Error('aborted'));
  await refusal;
  reader.release(owner);
  assert.equal(reader.bytes, 0);
});
