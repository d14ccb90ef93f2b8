import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { policy } from './guard-fixture.ts';
import { KnownSubject } from './known-subject.ts';
import { PolicyBook } from './policy-book.ts';
import type { SubjectScope } from './subject.ts';

const subjectOf = (scope: SubjectScope = 'user'): KnownSubject =>
  new KnownSubject(scope, { keys: ['amy'], ip: undefined, isAllowed: false });

const OK = { action: 'a', source: 'app', outcome: 'ok' } as const;

test('only what a policy counts brings anybody near its threshold', () => {
  const near = (
    more: Parameters<typeof policy>[0],
    scope: SubjectScope,
    action: string,
    outcome: 'ok' | 'error' | 'refused',
    source = 'app',
  ) =>
    new PolicyBook([policy({ threshold: 2, ...more })]).count(
      subjectOf(scope),
      { action, source, outcome },
      1000,
    );
  assert.equal(near({}, 'user', 'a', 'ok'), true);
  assert.equal(near({ threshold: 3 }, 'user', 'a', 'ok'), false);
  assert.equal(near({}, 'user', 'a', 'refused'), false);
  assert.equal(near({ scope: 'ip' }, 'user', 'a', 'ok'), false);
  assert.equal(near({ scope: 'ip' }, 'ip', 'a', 'ok'), true);
  assert.equal(near({ measure: 'errors' }, 'user', 'a', 'ok'), false);
  assert.equal(near({ measure: 'errors' }, 'user', 'a', 'error'), true);
  assert.equal(near({ actions: ['b', 'GET /*'] }, 'user', 'a', 'ok'), false);
  assert.equal(near({ actions: ['b', 'GET /*'] }, 'user', 'GET /x', 'ok'), true);
  assert.equal(near({ sources: ['http'] }, 'user', 'a', 'ok'), false);
  assert.equal(near({ sources: ['http'] }, 'user', 'a', 'ok', 'http'), true);
  assert.equal(near({ actions: [] }, 'user', 'a', 'ok'), true);
  assert.equal(near({ threshold: 0.5 }, 'user', 'a', 'ok'), false, 'a share is no count');
});

test('counts of two policies are kept apart, and a new book begins anew', () => {
  const policies = [
    policy({ name: 'short', threshold: 3, windowMs: 1000, whenUnavailable: 'limit' }),
    policy({ name: 'long', threshold: 5, windowMs: 60_000, whenUnavailable: 'limit' }),
  ];
  const book = new PolicyBook(policies);
  const amy = subjectOf();
  const refusal = (atMs: number) => book.findRefusal(amy, 'a', atMs)?.policy.name;
  for (let i = 0; i < 3; i++) book.count(amy, OK, 60_000);
  assert.equal(refusal(60_000), 'short');
  assert.equal(refusal(63_000), undefined);
  for (let i = 0; i < 2; i++) book.count(amy, OK, 63_000);
  assert.equal(refusal(66_000), 'long');
  assert.equal(new PolicyBook(policies).findRefusal(amy, 'a', 66_000), undefined);
});

test('a local limit lets at most its threshold pass in a window, and the wait that it names is enough', () => {
  const step = fc.record({ waitMs: fc.nat(4000), tries: fc.nat(6) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const [threshold, windowMs] = [5, 10_000];
      const book = new PolicyBook([policy({ threshold, windowMs, whenUnavailable: 'limit' })]);
      const amy = subjectOf();
      const passed: number[] = [];
      let nowMs = 100_000;
      for (const { waitMs, tries } of steps) {
        nowMs += waitMs;
        for (let i = 0; i < tries; i++) {
          const refusal = book.findRefusal(amy, 'a', nowMs);
          if (refusal === undefined) {
            book.count(amy, OK, nowMs);
            passed.push(nowMs);
          } else {
            const waitMs = refusal.retryAfterMs ?? 0;
            assert.ok(waitMs > 0 && waitMs <= 2 * windowMs, `${waitMs}`);
            assert.equal(book.findRefusal(amy, 'a', nowMs + waitMs + 1), undefined, 'the wait was enough');
            // Looking ahead has rolled the windows; look back as time will go on.
            return;
          }
        }
        const inFixedWindow = passed.filter(
          (atMs) => Math.floor(atMs / windowMs) === Math.floor(nowMs / windowMs),
        );
        assert.ok(inFixedWindow.length <= threshold);
      }
    }),
    { numRuns: 300 },
  );
});

test('among several processes the part of each brings near, but not fewer than three actions', () => {
  const actionsUntilNear = (processes: number): number => {
    const book = new PolicyBook([policy({ threshold: 30, windowMs: 60_000 })]);
    book.processes = processes;
    const amy = subjectOf();
    for (let count = 1; count < 100; count++) if (book.count(amy, OK, 1000 + count)) return count;
    return Infinity;
  };
  assert.deepEqual([1, 2, 4, 8, 1024].map(actionsUntilNear), [15, 8, 4, 3, 3]);
});
