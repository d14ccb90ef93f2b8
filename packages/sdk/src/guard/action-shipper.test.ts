import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../system/seeded-random-fixture.ts';
import { manualClock } from '../testing/manual-clock.ts';
import type { PendingRow } from './action-fold.ts';
import { ActionShipper, PENDING_ROWS_MAX, SEND_MS_MAX } from './action-shipper.ts';
import { FakeTransport } from './guard-fixture.ts';
import { BatchRefusedError } from './transport.ts';

/** The decisions of the fixture hold around this moment. */
const START_MS = 1_700_000_000_000;

function world(transports = [new FakeTransport()]) {
  const clock = manualClock(START_MS);
  const failures: string[] = [];
  const shipper = new ActionShipper({
    clock,
    random: new SeededRandom(3),
    transports,
    onFailure: (error) => failures.push(error instanceof Error ? error.message : String(error)),
    onArrival: () => failures.push('arrived'),
  });
  const rows = (subject: string, count = 1, chars = 0): PendingRow[] =>
    Array.from({ length: count }, (_, i) => ({
      scope: 'user',
      subject: `${subject}${i}${'x'.repeat(chars)}`,
      action: 'a',
      source: 'app',
      outcome: 'ok',
      count: 1,
      atMonotonicMs: clock.monotonicMs(),
      next: undefined,
    }));
  const [first = new FakeTransport()] = transports;
  return { clock, shipper, failures, rows, transport: first };
}

const down = () => new Error('connection refused');

test('a batch that failed comes again with its number, before those behind it', async () => {
  const { clock, shipper, transport, rows, failures } = world();
  transport.faults.push(down(), down());
  shipper.ship(rows('first'));
  await clock.advance(1);
  shipper.ship(rows('second'));
  await clock.advance(2000);
  const tried = transport.batches.map(({ seq, rows: [row] }) => `${seq} ${row?.[1]}`);
  assert.deepEqual(tried, ['1 first0', '1 first0', '1 first0', '2 second0']);
  assert.equal(new Set(transport.batches.map(({ instance }) => instance)).size, 1);
  assert.deepEqual(failures, ['connection refused', 'connection refused', 'arrived', 'arrived']);
  assert.equal(shipper.pendingRows, 0);
});

test('pauses grow to fifteen seconds, and a flush does not wait for them', async () => {
  const { clock, shipper, transport, rows } = world();
  transport.faults.push(...Array.from({ length: 20 }, down));
  shipper.ship(rows('first'));
  await clock.advance(60_000);
  const tried = transport.batches.length;
  assert.ok(tried >= 9 && tried <= 13, `${tried}`);
  await shipper.flush();
  assert.equal(transport.batches.length, tried + 1);
  assert.equal(shipper.pendingRows, 1, 'it gave up for now');
  transport.faults.length = 0;
  await shipper.flush();
  assert.equal(shipper.pendingRows, 0);
});

test('a server that says nothing is asked again after five seconds', async () => {
  const { clock, shipper, transport, rows, failures } = world();
  transport.faults.push('hang');
  shipper.ship(rows('first'));
  await clock.advance(SEND_MS_MAX - 1);
  assert.deepEqual(failures, []);
  await clock.advance(1 + 250);
  assert.match(failures[0] ?? '', /no answer within 5000 ms \(SEND_MS_MAX\)/);
  assert.equal(transport.batches.length, 2);
});

test('a batch that the server refuses for good is given up, counted, and holds nothing else up', async () => {
  const { clock, shipper, transport, rows, failures } = world();
  transport.faults.push(new BatchRefusedError('malformed'));
  shipper.ship(rows('first', 3));
  shipper.ship(rows('second'));
  await clock.advance(1);
  assert.deepEqual(failures, ['malformed', 'arrived']);
  assert.deepEqual([shipper.pendingRows, shipper.droppedRows], [0, 3]);
});

test('batches have 2,000 rows at most, and less than a megabyte in any script', async () => {
  const { clock, shipper, transport, rows } = world();
  shipper.ship(rows('row', 4001));
  await clock.advance(1);
  assert.deepEqual(
    transport.batches.map((batch) => batch.rows.length),
    [2000, 2000, 1],
  );
  transport.batches.length = 0;
  shipper.ship(rows('長'.repeat(83), 2000));
  await clock.advance(1);
  assert.ok(transport.batches.length < 4);
  for (const batch of transport.batches) assert.ok(Buffer.byteLength(JSON.stringify(batch)) < 1024 * 1024);
  assert.equal(
    transport.batches.reduce((count, batch) => count + batch.rows.length, 0),
    2000,
  );
  transport.batches.length = 0;
  shipper.ship(rows('x', 2000, 250));
  await clock.advance(1);
  assert.ok(transport.batches.length > 1, 'long ids are cut by characters');
});

test('when too many wait the oldest go, are counted, and the newest and the one under way stay', async () => {
  const { clock, shipper, transport, rows } = world();
  transport.faults.push('hang');
  shipper.ship(rows('under-way'));
  await clock.advance(1);
  for (let i = 0; i < 30; i++) shipper.ship(rows(`batch${i}-`, 2000));
  assert.ok(shipper.pendingRows <= PENDING_ROWS_MAX);
  assert.equal(shipper.pendingRows + shipper.droppedRows, 1 + 30 * 2000);
  await clock.advance(SEND_MS_MAX + 1000);
  const firsts = transport.batches.slice(1).map(({ rows: [row] }) => row?.[1]);
  assert.equal(firsts[0], 'under-way0');
  assert.equal(firsts[1], 'batch6-0');
  assert.equal(firsts.at(-1), 'batch29-0');
  assert.deepEqual(
    transport.batches.slice(1).map(({ seq }) => seq),
    Array.from({ length: 25 }, (_, i) => i + 1),
    'what was never tried leaves no gap',
  );
});

test('a clock that is set while rows wait moves none of them', async () => {
  const { clock, shipper, transport, rows } = world();
  transport.faults.push(down());
  shipper.ship(rows('first'));
  clock.jumpWallClock(-3_600_000);
  await clock.advance(300);
  const ages = transport.batches.map(({ sentAtMs, rows: [row] }) => sentAtMs - (row?.[6] ?? 0));
  assert.equal(ages[0], 0);
  assert.ok((ages[1] ?? 0) > 100 && (ages[1] ?? 0) <= 300, `${ages[1]}`);
});

test('rows that waited for almost an hour are not sent any more', async () => {
  const { clock, shipper, transport, rows } = world();
  transport.faults.push(...Array.from({ length: 400 }, down));
  shipper.ship(rows('old'));
  await clock.advance(54 * 60_000);
  assert.equal(shipper.droppedRows, 0);
  await clock.advance(2 * 60_000);
  assert.deepEqual([shipper.pendingRows, shipper.droppedRows], [0, 1]);
});

test('the second transport takes what the first cannot, under the same number', async () => {
  const [first, second] = [new FakeTransport('first'), new FakeTransport('second')];
  const { clock, shipper, rows } = world([first, second]);
  first.faults.push(down());
  shipper.ship(rows('x'));
  await clock.advance(1);
  assert.deepEqual(
    [first.batches, second.batches].map((batches) => batches.map(({ seq }) => seq)),
    [[1], [1]],
  );
  assert.equal(shipper.pendingRows, 0);
});

test('after the close nothing is tried again', async () => {
  const { clock, shipper, transport, rows } = world();
  transport.faults.push(down(), down());
  shipper.ship(rows('x'));
  await clock.advance(1);
  shipper.close();
  await clock.advance(60_000);
  assert.equal(transport.batches.length, 1);
  assert.equal(clock.timerCount, 0);
});
