import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnavailableError, VirtualClock } from '@vedette/model';
import { QueryGate, type QueryGateOptions } from './query-gate.ts';
import { RULES_SOURCE, type QuerySource } from './query-source.ts';

const NEVER = new AbortController().signal;
const client = (name: string): QuerySource => ({ kind: 'api', client: name });

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

/** A gate whose queries run until told to end; remembers the order in which they began. */
class Desk {
  readonly clock = new VirtualClock({ startMs: 0 });
  readonly gate: QueryGate;
  readonly begun: string[] = [];
  readonly refused: string[] = [];
  readonly #ends: (() => void)[] = [];

  constructor(options: Partial<QueryGateOptions>) {
    this.gate = new QueryGate({
      clock: this.clock,
      runningMax: 1,
      queuedMax: 200,
      waitMsMax: 120_000,
      ...options,
    });
  }

  async ask(name: string, source: QuerySource, count = 1): Promise<void> {
    for (let i = 0; i < count; i++)
      this.gate
        .run(
          NEVER,
          () => {
            this.begun.push(name);
            return new Promise<void>((resolve) => this.#ends.push(resolve));
          },
          { source },
        )
        .catch((error: unknown) => {
          assert.ok(error instanceof UnavailableError);
          this.refused.push(name);
        });
    await settle();
  }

  /** Ends the query that runs for longest. */
  async end(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.#ends.shift()?.();
      await settle();
    }
  }
}

test('the first query of a client comes one turn behind 200 that another has waiting', async () => {
  const desk = new Desk({ queuedMax: 400 });
  await desk.ask('a', client('a'), 201);
  await desk.ask('b', client('b'));
  assert.equal(desk.gate.queuedCount, 201);
  await desk.end(2);
  assert.deepEqual(desk.begun, ['a', 'a', 'b']);
});

test('sources take turns, and within one the order is that of arrival', async () => {
  const desk = new Desk({});
  for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) await desk.ask(name, client(name.slice(0, 1)));
  await desk.end(6);
  assert.deepEqual(desk.begun, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2']);
  assert.deepEqual([desk.gate.runningCount, desk.gate.queuedCount], [0, 0]);
});

test('rules run while dashboards fill every place and the queue', async () => {
  const desk = new Desk({ runningMax: 4, rulesRunningMax: 2, queuedMax: 3 });
  await desk.ask('a', client('a'), 5);
  await desk.ask('b', client('b'), 3);
  assert.equal(desk.begun.length, 4);
  await desk.ask('rule', RULES_SOURCE, 3);
  assert.deepEqual(desk.begun.slice(4), ['rule', 'rule']);
  // The third waits in a queue of its own, though that of the others is full.
  assert.deepEqual([desk.refused.length, desk.gate.queuedCount], [1, 4]);
});

test('rules take common places, too, when nobody else wants them', async () => {
  const desk = new Desk({ runningMax: 4, rulesRunningMax: 1 });
  await desk.ask('rule', RULES_SOURCE, 5);
  assert.equal(desk.gate.runningCount, 4);
});

test('one source leaves a quarter of the places to others, and takes all but that', async () => {
  const desk = new Desk({ runningMax: 20 });
  await desk.ask('a', client('a'), 20);
  assert.deepEqual([desk.gate.runningCount, desk.gate.queuedCount], [15, 5]);
  await desk.ask('b', client('b'));
  assert.equal(desk.begun.at(-1), 'b');
  await desk.end();
  assert.deepEqual([desk.gate.runningCount, desk.gate.queuedCount], [16, 4]);
});

test('one more than a client may have waiting is refused by the name of the limit', async () => {
  const desk = new Desk({ queuedMax: 10, queuedPerSourceMax: 2 });
  await desk.ask('a', client('a'), 3);
  const refused = desk.gate.run(NEVER, () => Promise.resolve(), { source: client('a') });
  await assert.rejects(refused, {
    code: 'VED_QUERY_BUSY',
    message: 'cannot start query: 2 of this client wait (query.max_queued_per_source); try again later',
  });
  await desk.ask('b', client('b'));
  assert.equal(desk.gate.queuedCount, 3);
});

test('in a full queue the newest of the longest makes room for a source that has less', async () => {
  const desk = new Desk({ queuedMax: 4 });
  for (const name of ['a0', 'a1', 'a2', 'a3', 'b1']) await desk.ask(name, client(name.slice(0, 1)));
  await desk.ask('c1', client('c'));
  assert.deepEqual(desk.refused, ['a3']);
  // Of two, two and nothing the next has one: a place more would only be taken from it again.
  await desk.ask('c2', client('c'));
  assert.deepEqual(desk.refused, ['a3', 'c2']);
  await desk.end(5);
  assert.deepEqual(desk.begun, ['a0', 'a1', 'b1', 'c1', 'a2']);
});

test('who leaves the queue leaves no trace in it', async () => {
  const desk = new Desk({});
  await desk.ask('a', client('a'));
  const caller = new AbortController();
  const left = desk.gate.run(caller.signal, () => Promise.resolve(), { source: client('b') });
  await desk.ask('c', client('c'));
  caller.abort();
  await assert.rejects(left, { code: 'VED_QUERY_CANCELED' });
  await desk.end(2);
  assert.deepEqual([desk.begun, desk.gate.runningCount, desk.gate.queuedCount], [['a', 'c'], 0, 0]);
  assert.equal(desk.clock.pendingTimerCount, 0);
});

test('a query that fails gives its place on', async () => {
  const desk = new Desk({});
  await assert.rejects(
    desk.gate.run(NEVER, () => Promise.reject(new Error('x'))),
    /x/,
  );
  await desk.ask('a', client('a'));
  assert.deepEqual(desk.begun, ['a']);
});
