import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DocumentWrite, StateStore } from '../store/state/port.ts';
import { WRITES_PER_CALL_MAX } from './alert-documents.ts';
import { GatheredWrites } from './gathered-writes.ts';

interface Call {
  readonly keys: readonly string[];
  readonly settled: PromiseWithResolvers<void>;
}

/** A store whose calls end when the test says so. */
class SlowStore {
  readonly calls: Call[] = [];
  readonly writes: GatheredWrites;

  constructor() {
    const write = async (writes: readonly DocumentWrite[]): Promise<void> => {
      const settled = Promise.withResolvers<void>();
      this.calls.push({ keys: writes.map(({ key }) => key), settled });
      await settled.promise;
    };
    this.writes = new GatheredWrites({ state: { documents: { write } } as unknown as StateStore });
  }

  async end(i: number, error?: Error): Promise<void> {
    if (error === undefined) this.calls[i]?.settled.resolve();
    else this.calls[i]?.settled.reject(error);
    await new Promise((resolve) => void setImmediate(resolve));
  }
}

const named = (...keys: string[]): DocumentWrite[] =>
  keys.map((key) => ({ kind: 'delete', collection: 'c', key }));

const many = (name: string, count: number): DocumentWrite[] =>
  named(...Array.from({ length: count }, (_, i) => `${name}${i}`));

test('what comes while a call is under way goes into the next, in order', async () => {
  const store = new SlowStore();
  const all = ['a', 'b', 'c'].map((key) => store.writes.write(named(key)));
  assert.deepEqual(
    store.calls.map(({ keys }) => keys),
    [['a']],
  );
  await store.end(0);
  await all[0];
  assert.deepEqual(store.calls[1]?.keys, ['b', 'c']);
  await store.end(1);
  await Promise.all(all);
  const later = store.writes.write(named('d'));
  assert.deepEqual(store.calls[2]?.keys, ['d']);
  await store.end(2);
  await later;
});

test('who was part of a call that failed hears of it, the others do not', async () => {
  const store = new SlowStore();
  const outcomes = ['a', 'b', 'c'].map((key) =>
    store.writes.write(named(key)).then(
      () => `${key} is written`,
      ({ message }: Error) => `${key}: ${message}`,
    ),
  );
  await store.end(0);
  const last = store.writes.write(named('d'));
  await store.end(1, new Error('the disk is full'));
  await store.end(2);
  assert.deepEqual(await Promise.all(outcomes), [
    'a is written',
    'b: the disk is full',
    'c: the disk is full',
  ]);
  await last;
});

test('what a caller writes is in one call, up to what a call takes', async () => {
  const store = new SlowStore();
  const whole = WRITES_PER_CALL_MAX;
  const all = [
    store.writes.write(named('first')),
    store.writes.write(many('a', whole - 1)),
    store.writes.write(named('b')),
    store.writes.write(named('c', 'd')),
    store.writes.write(many('e', whole + 1)),
    store.writes.write(named('f')),
  ];
  for (let i = 0; i < 6; i++) await store.end(i);
  await Promise.all(all);
  assert.deepEqual(
    store.calls.map(({ keys }) => keys.length),
    [1, whole, 2, whole, 1, 1],
  );
});
