import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, NO_LABELS, type Labels } from '@vedette/model';
import fc from 'fast-check';
import {
  alertOf,
  compareAlerts,
  compareLabelSets,
  isResolvedAt,
  isSameNews,
  mergeAlert,
  type Alert,
  type AlertPost,
} from './alert.ts';
import { AlertGroup } from './dispatch/alert-group.ts';
import type { Route } from './route/route.ts';
import { fingerprintOf } from './fingerprint.ts';
import { goJson, goJsonLabels, rfc3339Of } from './go-text.ts';

const postOf = (more: Partial<AlertPost> = {}): AlertPost => ({
  status: 'firing',
  labels: labelsOf({ alertname: 'A' }),
  annotations: NO_LABELS,
  startsAtMs: 1000,
  endsAtMs: 9000,
  generatorUrl: '',
  ...more,
});

test("fingerprints are Alertmanager's", () => {
  const labels = { alertname: 'HighErrorRate', job: 'api', severity: 'critical' };
  assert.equal(fingerprintOf(labelsOf({ ...labels, instance: 'api-1' })), '225433ef3dfd6c6a');
  assert.equal(fingerprintOf(labelsOf({ ...labels, instance: 'api-2' })), '6b86e929bb0b0839');
  assert.equal(fingerprintOf(NO_LABELS), 'cbf29ce484222325');
});

test("group keys are Alertmanager's, with Go's quotes", () => {
  const route = { key: '{}/{team="a"}', id: '{}/{team="a"}/0' } as Route;
  const keyOf = (labels: Labels): string =>
    new AlertGroup(route, labels, { flushMs: 0, hasFlushed: false }).key;
  const labels = labelsOf({ alertname: 'High', job: 'a"b\\c\n\u0001中\u00ad', 'x.y': '1' });
  assert.equal(
    keyOf(labels),
    '{}/{team="a"}:{alertname="High", job="a\\"b\\\\c\\n\\x01中\\u00ad", "x.y"="1"}',
  );
  assert.equal(keyOf(NO_LABELS), '{}/{team="a"}:{}');
});

test('times are written without trailing zeros', () => {
  assert.equal(rfc3339Of(1_795_232_124_000), '2026-11-21T03:35:24Z');
  assert.equal(rfc3339Of(1_795_232_124_500), '2026-11-21T03:35:24.5Z');
  assert.equal(rfc3339Of(1_795_232_124_007), '2026-11-21T03:35:24.007Z');
});

test("JSON texts carry Go's escapes and keep the order of labels", () => {
  assert.equal(goJson('<b>&\u2028"'), '"\\u003cb\\u003e\\u0026\\u2028\\""');
  assert.equal(goJsonLabels(labelsOf({ b: 'x', '10': 'y', a: 'z' })), '{"10":"y","a":"z","b":"x"}');
});

test('any label text survives the JSON as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 1 })), (record) => {
      const labels = labelsOf(record);
      assert.deepEqual(labelsOf(JSON.parse(goJsonLabels(labels)) as Record<string, string>), labels);
    }),
  );
});

/** The alert after these posts, each at its time. */
function afterPosts(...posts: readonly (Partial<AlertPost> & { readonly atMs?: number })[]): Alert {
  let known: Alert | undefined;
  for (const { atMs = 9000, ...post } of posts) known = mergeAlert(known, alertOf(postOf(post), atMs));
  return known ?? assert.fail('no posts');
}

const spanOf = ({ startsAt, endsAt }: Alert): readonly (number | undefined)[] => [startsAt.ms, endsAt?.ms];

test('while it fires an alert keeps its earliest start and takes the newest annotations', () => {
  const annotations = labelsOf({ summary: 'new' });
  const merged = afterPosts({}, { startsAtMs: 5000, annotations });
  assert.deepEqual(spanOf(merged), [1000, undefined]);
  assert.deepEqual(merged.annotations, annotations);
  assert.equal(afterPosts({}, { startsAtMs: 500 }).startsAt.ms, 500);
});

test('a resolution ends the alert; of two the later counts; what fires afterwards is a new alert', () => {
  const end = (endsAtMs: number): Partial<AlertPost> => ({ status: 'resolved', endsAtMs });
  assert.deepEqual(spanOf(afterPosts({}, end(9000))), [1000, 9000]);
  assert.deepEqual(spanOf(afterPosts({}, end(9000), end(8000))), [1000, 9000]);
  assert.deepEqual(spanOf(afterPosts({}, end(9000), { startsAtMs: 20_000 })), [20_000, undefined]);
});

test('an end that a sender stated is not shortened by a firing post, an assumed one is replaced', () => {
  const until = (endsAtMs: number, expiry: 'stated' | 'assumed'): Partial<AlertPost> & { atMs: number } => ({
    endsAtMs,
    expiry,
    startsAtMs: 2000,
    atMs: 5000,
  });
  assert.equal(afterPosts(until(60_000, 'stated'), until(30_000, 'assumed')).endsAt?.ms, 60_000);
  assert.equal(afterPosts(until(60_000, 'assumed'), until(30_000, 'stated')).endsAt?.ms, 30_000);
  assert.equal(afterPosts(until(30_000, 'stated'), until(60_000, 'assumed')).endsAt?.ms, 60_000);
  // The last word on whether an end is assumed is the newest post's, whichever end stays.
  const [stated, assumed] = [until(60_000, 'stated'), until(30_000, 'assumed')];
  assert.equal(afterPosts(stated, assumed, until(40_000, 'assumed')).endsAt?.ms, 40_000);
});

test('an alert with an end in the future is over from then on', () => {
  const alert = afterPosts({ endsAtMs: 60_000, expiry: 'stated' });
  assert.deepEqual(
    [59_999, 60_000].map((ms) => isResolvedAt(alert, ms)),
    [false, true],
  );
  assert.equal(isResolvedAt(afterPosts({}), Number.MAX_SAFE_INTEGER), false);
});

test('a repeated post is no news; another end of what is over, other texts and a new start are', () => {
  const known = afterPosts({ endsAtMs: 60_000, expiry: 'stated' });
  const isNews = (more: Partial<AlertPost>): boolean =>
    !isSameNews(known, alertOf(postOf({ endsAtMs: 70_000, expiry: 'stated', ...more }), 9000), 9000);
  assert.equal(isNews({}), false);
  assert.equal(isNews({ startsAtMs: 1001 }), true);
  assert.equal(isNews({ generatorUrl: 'x' }), true);
  assert.equal(isNews({ annotations: labelsOf({ a: 'b' }) }), true);
  assert.equal(isNews({ status: 'resolved', endsAtMs: 8000 }), true);
});

test('nanoseconds of a sender survive as text', () => {
  const text = '2026-11-21T03:54:32.274546017Z';
  assert.equal(alertOf(postOf({ startsAtText: text }), 0).startsAt.text, text);
});

test('label sets are sorted by their number, then that which lacks a name first, then by values', () => {
  const sorted = [{ b: '1' }, { a: '2' }, { a: '1' }, { a: '1', b: '1' }, { c: '0' }, {}]
    .map((labels) => labelsOf(labels as Record<string, string>))
    .sort(compareLabelSets);
  assert.deepEqual(
    sorted.map((labels) => labels.join(' ')),
    ['', 'c 0', 'b 1', 'a 1', 'a 2', 'a 1 b 1'],
  );
});

test('alerts are sorted by job, then instance, absent last, then labels', () => {
  const named = (labels: Record<string, string>) => alertOf(postOf({ labels: labelsOf(labels) }), 0);
  const sorted = [
    named({ a: '1' }),
    named({ job: 'b', instance: '1' }),
    named({ job: 'a' }),
    named({ job: 'a', instance: '2' }),
    named({ job: 'a', instance: '1', z: '1' }),
    named({ job: 'a', instance: '1', b: '1' }),
  ].sort(compareAlerts);
  assert.deepEqual(
    sorted.map(({ labels }) => labels.join(' ')),
    ['instance 1 job a z 1', 'b 1 instance 1 job a', 'instance 2 job a', 'job a', 'instance 1 job b', 'a 1'],
  );
});
