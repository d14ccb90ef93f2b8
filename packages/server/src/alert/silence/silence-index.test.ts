import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, type Labels } from '@vedette/model';
import fc from 'fast-check';
import { fingerprintOf } from '../fingerprint.ts';
import { matchesAll } from '../matchers/matcher.ts';
import { parseMatchers } from '../matchers/parse.ts';
import { SilenceIndex } from './silence-index.ts';
import { silenceStateAt, type Silence } from './silence.ts';

const silenceOf = (id: string, matchers: string, changes: Partial<Silence> = {}): Silence => ({
  id,
  matchers: parseMatchers(matchers).matchers,
  startsAtMs: 0,
  endsAtMs: 100,
  updatedAtMs: 0,
  createdBy: '',
  comment: '',
  ...changes,
});

const idsFor = (index: SilenceIndex, labels: Labels, timestampMs = 50): readonly string[] =>
  index.activeFor(fingerprintOf(labels), labels, timestampMs).map(({ id }) => id);

test('a silence is found by values, by a name that must be there, and without either', () => {
  const index = new SilenceIndex();
  index.put(silenceOf('1', 'a=b'));
  index.put(silenceOf('2', 'a=~"b|c"'));
  index.put(silenceOf('3', 'a=~"b.*"'));
  index.put(silenceOf('4', 'z!="q"'));
  index.put(silenceOf('5', `a=~"${Array.from({ length: 40 }, (_, i) => `v${i}`).join('|')}"`));
  assert.deepEqual(idsFor(index, labelsOf({ a: 'b' })), ['1', '2', '3', '4']);
  assert.deepEqual(idsFor(index, labelsOf({ a: 'c', z: 'q' })), ['2']);
  assert.deepEqual(idsFor(index, labelsOf({ a: 'v39', z: 'q' })), ['5']);
  assert.deepEqual(idsFor(index, labelsOf({ x: 'y' })), ['4']);
});

test('kept answers follow what comes, changes, begins, ends and goes', () => {
  const index = new SilenceIndex();
  const labels = labelsOf({ a: 'b' });
  assert.deepEqual(idsFor(index, labels), []);
  index.put(silenceOf('1', 'a=b', { startsAtMs: 60 }));
  assert.deepEqual(idsFor(index, labels, 59), []);
  assert.deepEqual(idsFor(index, labels, 60), ['1']);
  const { version } = index;
  index.put(silenceOf('1', 'a=b', { startsAtMs: 60, endsAtMs: 70 }));
  assert.equal(index.version, version);
  assert.deepEqual(idsFor(index, labels, 70), []);
  index.put(silenceOf('1', 'a=c'));
  assert.deepEqual(idsFor(index, labels, 60), []);
  assert.deepEqual(idsFor(index, labelsOf({ a: 'c' }), 60), ['1']);
  index.remove('1');
  index.remove('1');
  assert.deepEqual(idsFor(index, labelsOf({ a: 'c' }), 60), []);
  assert.equal(index.size, 0);
  index.forget(fingerprintOf(labels));
});

test('the index finds what comparing all with all finds', () => {
  const value = fc.constantFrom('', '1', '2', '12');
  const alert = fc.record({ a: value, b: value, c: value }).map((record) => labelsOf(record));
  const condition = fc
    .tuple(
      fc.constantFrom('a', 'b', 'c'),
      fc.constantFrom('=', '!=', '=~', '!~'),
      fc.constantFrom('', '1', '1|2', '1.*', '.+', '|2'),
    )
    .map(([name, op, pattern]) => `${name}${op}"${pattern}"`);
  const silence = fc.tuple(
    fc.constantFrom('1', '2', '3', '4'),
    fc.array(condition, { minLength: 1, maxLength: 3 }).map((all) => all.join(',')),
    fc.integer({ min: 0, max: 100 }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), silence), { maxLength: 12 }),
      fc.array(alert, { minLength: 1 }),
      (steps, alerts) => {
        const index = new SilenceIndex();
        const kept = new Map<string, Silence>();
        for (const [isRemoved, [id, matchers, endsAtMs]] of steps) {
          if (isRemoved) {
            index.remove(id);
            kept.delete(id);
          } else {
            const one = silenceOf(id, matchers, { endsAtMs });
            index.put(one);
            kept.set(id, one);
          }
          for (const labels of alerts) {
            const want = [...kept.values()].filter(
              (one) => silenceStateAt(one, 50) === 'active' && matchesAll(one.matchers, labels),
            );
            assert.deepEqual(idsFor(index, labels), want.map((one) => one.id).sort());
          }
        }
      },
    ),
  );
});
