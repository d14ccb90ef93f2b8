import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExactMeter } from './exact-meter.ts';
import { Suspects } from './suspects.ts';

const KEY = { high: 1, low: 2 };

test('a suspect is found by scope and subject, also beside another one of the same mark', () => {
  const suspects = new Suspects({ bytesMax: 1e6 });
  const first = suspects.admit(KEY, 'user', '__proto__', 1);
  const second = suspects.admit(KEY, 'ip', '__proto__', 1);
  assert.equal(suspects.find(KEY, 'user', '__proto__'), first);
  assert.equal(suspects.find(KEY, 'ip', '__proto__'), second);
  assert.equal(suspects.find(KEY, 'user', 'constructor'), undefined);
  assert.ok(first);
  suspects.remove(first);
  assert.equal(suspects.find(KEY, 'user', '__proto__'), undefined);
  assert.equal(suspects.find(KEY, 'ip', '__proto__'), second);
  assert.deepEqual(suspects.list, [second]);
});

test('what is removed leaves neither memory nor place behind', () => {
  const suspects = new Suspects({ bytesMax: 1e6 });
  const empty = suspects.bytes;
  for (let n = 0; n < 100; n++) {
    const suspect = suspects.admit({ high: 0, low: n * 2 ** 25 }, 'user', `s${n}`, 1);
    suspect?.meters.set(0, new ExactMeter({ windowMs: 60_000, measure: { kind: 'actions' } }));
    if (suspect !== undefined) suspects.measure(suspect);
  }
  assert.ok(suspects.bytes > empty + 100 * 700);
  for (const suspect of suspects.list.filter((_, n) => n % 2 === 0)) suspects.remove(suspect);
  suspects.list.forEach((suspect, place) => assert.equal(suspect.place, place));
  suspects.clear();
  assert.equal(suspects.bytes, empty);
  assert.equal(suspects.list.length, 0);
});

test('with no room a graver newcomer takes the place of a lesser one, a lesser one stays out', () => {
  const suspects = new Suspects({ bytesMax: 2500 });
  for (let n = 0; suspects.bytes < 2 ** 17 + 2500; n++)
    suspects.admit({ high: 0, low: n }, 'user', `s${n}`, 0.8);
  const count = suspects.list.length;
  assert.equal(suspects.admit(KEY, 'user', 'lesser', 0.5), undefined);
  assert.ok(suspects.admit(KEY, 'user', 'graver', 0.9));
  assert.equal(suspects.list.length, count);
  assert.equal(suspects.takeEvictions(), 2);
  assert.equal(suspects.takeEvictions(), 0);
});
