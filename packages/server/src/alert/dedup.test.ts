import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import fc from 'fast-check';
import { findReason, planDelivery, type DedupQuestion } from './dedup.ts';

const ask = (more: Partial<DedupQuestion>): DedupQuestion => ({
  logged: undefined,
  firing: [],
  resolved: [],
  sendsResolved: true,
  tickMs: 10_000,
  repeatIntervalMs: 5000,
  repeatsOnTime: false,
  resolvesWhileMuted: false,
  ...more,
});
const told = (firing: string[], resolved: string[] = [], atMs = 9000) => ({
  id: 'old',
  atMs,
  firing,
  resolved,
});

test('without an entry only what fires is news', () => {
  assert.equal(findReason(ask({ firing: ['a'] })), 'first notification');
  assert.equal(findReason(ask({ resolved: ['a'] })), undefined);
});

test('an alert that was not told is new, or the first after all had resolved', () => {
  assert.equal(findReason(ask({ logged: told(['a']), firing: ['a', 'b'] })), 'new alerts added');
  assert.equal(findReason(ask({ logged: told([], ['a']), firing: ['b'] })), 'first notification');
});

test('when nothing fires any more it is told once', () => {
  assert.equal(findReason(ask({ logged: told(['a']), resolved: ['a'] })), 'all alerts resolved');
  assert.equal(findReason(ask({ logged: told([], ['a']), resolved: ['a'] })), undefined);
  const silent = { sendsResolved: false, resolved: ['a'] };
  assert.equal(findReason(ask({ logged: told(['a']), ...silent })), 'all alerts resolved');
});

test('one of several resolving is told to those who want it', () => {
  const partly = { logged: told(['a', 'b']), firing: ['a'], resolved: ['b'] };
  assert.equal(findReason(ask(partly)), 'some alerts resolved');
  assert.equal(findReason(ask({ ...partly, sendsResolved: false })), undefined);
  assert.equal(findReason(ask({ logged: told(['a'], ['b']), firing: ['a'], resolved: ['b'] })), undefined);
});

test('the repeat interval must have passed entirely', () => {
  assert.equal(findReason(ask({ logged: told(['a'], [], 5000), firing: ['a'] })), undefined);
  assert.equal(findReason(ask({ logged: told(['a'], [], 4999), firing: ['a'] })), 'repeat interval elapsed');
});

test('an unconfirmed notification comes again under its id while nothing changed', () => {
  const plan = planDelivery(ask({ firing: ['a'] }), told(['a']), new SeededRandom(1));
  assert.equal(plan?.id, 'old');
  assert.equal(plan?.reason, 'unconfirmed');
});

test('when it changed meanwhile, the change is told under a new id', () => {
  const random = new SeededRandom(1);
  const resolved = planDelivery(ask({ resolved: ['a'] }), told(['a']), random);
  assert.equal(resolved?.reason, 'all alerts resolved');
  assert.notEqual(resolved?.id, 'old');
  const question = ask({ firing: ['a'], resolved: ['b'], sendsResolved: false });
  assert.equal(planDelivery(question, told(['a', 'b']), random)?.reason, 'unconfirmed');
});

test('what was just told is never told again, and whatever newly fires always is', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'));
  fc.assert(
    fc.property(names, names, names, fc.boolean(), (firing, resolved, before, sendsResolved) => {
      const same = ask({ logged: told(firing, resolved), firing, resolved, sendsResolved });
      assert.ok(firing.length > 0 ? findReason(same) === undefined : true);
      const changed = ask({ logged: told(before), firing, resolved, sendsResolved });
      if (firing.some((one) => !before.includes(one))) assert.notEqual(findReason(changed), undefined);
    }),
  );
});

test('a clock that was set back by more than the repeat interval repeats once instead of waiting for it', () => {
  const logged = (atMs: number) => ask({ logged: told(['a'], [], atMs), firing: ['a'] });
  assert.equal(findReason(logged(10_000 + 5001)), 'repeat interval elapsed');
  assert.equal(findReason(logged(10_000 + 5000)), undefined);
});
