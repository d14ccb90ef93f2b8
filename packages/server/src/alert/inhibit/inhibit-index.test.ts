import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, labelValueOf, type Labels } from '@vedette/model';
import fc from 'fast-check';
import { fingerprintOf } from '../fingerprint.ts';
import { matchesAll } from '../matchers/matcher.ts';
import { parseMatchers } from '../matchers/parse.ts';
import { InhibitIndex, type InhibitRule } from './inhibit-index.ts';

const rule = (source: string, target: string, equal: readonly string[] = []): InhibitRule => ({
  name: '',
  source: parseMatchers(source).matchers,
  target: parseMatchers(target).matchers,
  equal,
});

/** An index that is asked in label sets. */
class Bench {
  readonly index: InhibitIndex;

  constructor(...rules: readonly InhibitRule[]) {
    this.index = new InhibitIndex(rules);
  }

  fire(record: Readonly<Record<string, string>>): void {
    const labels = labelsOf(record);
    this.index.add(fingerprintOf(labels), labels);
  }

  resolve(record: Readonly<Record<string, string>>): void {
    const labels = labelsOf(record);
    this.index.remove(fingerprintOf(labels), labels);
  }

  isMuted(record: Readonly<Record<string, string>>): boolean {
    return this.index.inhibitorsOf(labelsOf(record), 1).length > 0;
  }
}

test('a firing source mutes targets with the same values of the equal labels', () => {
  const bench = new Bench(rule('severity=critical', 'severity=warning', ['cluster']));
  assert.equal(bench.isMuted({ severity: 'warning', cluster: 'a' }), false);
  bench.fire({ severity: 'critical', cluster: 'a' });
  assert.equal(bench.isMuted({ severity: 'warning', cluster: 'a' }), true);
  assert.equal(bench.isMuted({ severity: 'warning', cluster: 'b' }), false);
  assert.equal(bench.isMuted({ severity: 'info', cluster: 'a' }), false);
});

test('an absent label equals an empty one, so that a rule applies where both sides lack it', () => {
  const bench = new Bench(rule('severity=critical', 'severity=warning', ['cluster', 'zone']));
  bench.fire({ severity: 'critical' });
  assert.equal(bench.isMuted({ severity: 'warning' }), true);
  assert.equal(bench.isMuted({ severity: 'warning', zone: 'z' }), false);
});

test('while one of several sources fires, its targets stay muted', () => {
  const bench = new Bench(rule('severity=critical', 'severity=warning', ['cluster']));
  const source = (instance: string) => ({ severity: 'critical', cluster: 'a', instance });
  for (const instance of ['1', '2', '3']) bench.fire(source(instance));
  bench.fire(source('3'));
  for (const instance of ['3', '1']) bench.resolve(source(instance));
  assert.equal(bench.isMuted({ severity: 'warning', cluster: 'a' }), true);
  bench.resolve(source('2'));
  bench.resolve(source('2'));
  assert.equal(bench.isMuted({ severity: 'warning', cluster: 'a' }), false);
});

test('an alert on both sides mutes neither itself nor another one on both sides', () => {
  const bench = new Bench(rule('team=~"db|web"', 'env=prod'));
  bench.fire({ team: 'db', env: 'prod' });
  assert.equal(bench.isMuted({ team: 'db', env: 'prod' }), false);
  assert.equal(bench.isMuted({ team: 'web', env: 'prod' }), false);
  assert.equal(bench.isMuted({ team: 'ops', env: 'prod' }), true);
  bench.fire({ team: 'db', env: 'test' });
  assert.equal(bench.isMuted({ team: 'db', env: 'prod' }), true);
});

test('the sources are named with their rule, up to a number', () => {
  const bench = new Bench(rule('a=1', 'b=1'), rule('c=1', 'b=1'));
  bench.fire({ a: '1' });
  bench.fire({ a: '1', c: '1' });
  const labels = labelsOf({ b: '1' });
  const first = fingerprintOf(labelsOf({ a: '1' }));
  const second = fingerprintOf(labelsOf({ a: '1', c: '1' }));
  assert.deepEqual(
    bench.index.inhibitorsOf(labels, 10).map(({ fingerprint }) => fingerprint),
    [first, second, second],
  );
  assert.equal(bench.index.inhibitorsOf(labels, 10)[2]?.rule.source[0]?.name, 'c');
  assert.equal(bench.index.inhibitorsOf(labels, 2).length, 2);
  assert.deepEqual(bench.index.inhibitorsOf(labelsOf({ b: '2' }), 10), []);
});

/** The definition, without an index. */
function sourcesByDefinition(
  { source, target, equal }: InhibitRule,
  firing: readonly Labels[],
  labels: Labels,
): Labels[] {
  if (!matchesAll(target, labels)) return [];
  const isTwoSided = (alert: Labels): boolean => matchesAll(source, alert) && matchesAll(target, alert);
  return firing.filter(
    (other) =>
      matchesAll(source, other) &&
      equal.every((name) => labelValueOf(other, name) === labelValueOf(labels, name)) &&
      !(isTwoSided(labels) && isTwoSided(other)),
  );
}

test('whatever fires and resolves, the index says what the definition says', () => {
  const value = fc.constantFrom('', '1', '2');
  const alert = fc.record({ a: value, b: value, c: value }).map((record) => labelsOf(record));
  const matchers = fc.constantFrom('a=1', 'a!=1', 'b=~"1|2"', 'b=""', 'a=1,b=1', 'c!~"1"');
  const anyRule = fc.tuple(matchers, matchers, fc.subarray(['a', 'b', 'c'])).map((parts) => rule(...parts));
  fc.assert(
    fc.property(
      fc.array(anyRule, { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(fc.boolean(), alert), { maxLength: 20 }),
      alert,
      (rules, changes, asked) => {
        const index = new InhibitIndex(rules);
        const firing = new Map<string, Labels>();
        for (const [fires, labels] of changes) {
          const fingerprint = fingerprintOf(labels);
          if (fires) {
            index.add(fingerprint, labels);
            firing.set(fingerprint, labels);
          } else {
            index.remove(fingerprint, labels);
            firing.delete(fingerprint);
          }
        }
        const want = rules.flatMap((one) =>
          sourcesByDefinition(one, [...firing.values()], asked).map(fingerprintOf),
        );
        const got = index.inhibitorsOf(asked, 100).map(({ fingerprint }) => fingerprint);
        assert.deepEqual(got.sort(), want.sort());
        assert.equal(index.inhibitorsOf(asked, 1).length, Math.min(1, want.length));
      },
    ),
  );
});
