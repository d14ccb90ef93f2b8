import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ExpiringMap } from './expiring-map.ts';

function scene(entriesMax: number): { map: ExpiringMap<number>; advance: (byMs: number) => void } {
  let nowMs = 0;
  const map = new ExpiringMap<number>({ entriesMax, monotonicMs: () => nowMs });
  return { map, advance: (byMs) => void (nowMs += byMs) };
}

test('an entry is there until its time is over, and not at that moment', () => {
  const { map, advance } = scene(10);
  map.set('a', 1, 100);
  advance(99);
  assert.equal(map.get('a'), 1);
  advance(1);
  assert.equal(map.get('a'), undefined);
  assert.equal(map.size, 0);
});

test('of more than the limit the newer half is there, and no more than the limit is held', () => {
  const { map } = scene(10);
  for (let i = 0; i < 1000; i++) {
    map.set(`k${i}`, i, 1000);
    assert.ok(map.size <= 10);
    for (let back = 0; back < 5 && back <= i; back++) assert.equal(map.get(`k${i - back}`), i - back);
  }
  assert.equal(map.get('k989'), undefined);
});

test('an entry that is set again is as new, and lives from then', () => {
  const { map, advance } = scene(4);
  map.set('a', 1, 100);
  map.set('b', 2, 1000);
  advance(90);
  map.set('a', 3, 100);
  map.set('c', 4, 1000);
  map.set('d', 5, 1000);
  advance(90);
  assert.deepEqual([map.get('a'), map.get('c'), map.get('d')], [3, 4, 5]);
});

test('names of members of objects are keys like others', () => {
  const { map } = scene(10);
  assert.equal(map.get('__proto__'), undefined);
  map.set('__proto__', 7, 10);
  assert.equal(map.get('__proto__'), 7);
  map.delete('__proto__');
  assert.equal(map.get('__proto__'), undefined);
});

test('with room enough it answers as a plain record of ends would', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('set' as const),
      key: fc.constantFrom('a', 'b', 'c'),
      ttlMs: fc.nat(50),
    }),
    fc.record({ kind: fc.constant('advance' as const), byMs: fc.nat(40) }),
    fc.record({ kind: fc.constant('delete' as const), key: fc.constantFrom('a', 'b', 'c') }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { map, advance } = scene(20);
      const ends = new Map<string, { value: number; untilMs: number }>();
      let nowMs = 0;
      for (const [i, one] of steps.entries()) {
        if (one.kind === 'advance') {
          advance(one.byMs);
          nowMs += one.byMs;
        } else if (one.kind === 'delete') {
          map.delete(one.key);
          ends.delete(one.key);
        } else {
          map.set(one.key, i, one.ttlMs);
          ends.set(one.key, { value: i, untilMs: nowMs + one.ttlMs });
        }
        for (const key of ['a', 'b', 'c']) {
          const end = ends.get(key);
          assert.equal(map.get(key), end !== undefined && end.untilMs > nowMs ? end.value : undefined);
        }
      }
    }),
  );
});
