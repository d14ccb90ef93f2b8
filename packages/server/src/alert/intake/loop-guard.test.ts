import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, labelValueOf, NO_LABELS } from '@vedette/model';
import { alertOf, type Alert } from '../alert.ts';
import { createLoopGuard, isEcho, VIA_ANNOTATION, VIA_HOPS_MAX, withHop } from './loop-guard.ts';
import { alertBody, NOW_MS, parsed, webhookBody } from './webhook-fixture.ts';

const guard = createLoopGuard('https://Vedette.example/base/');

test('our own address is known with and without a final slash, in any case', () => {
  assert.equal(guard.isOwn('https://vedette.example/base'), true);
  assert.equal(guard.isOwn('https://vedette.example/base//'), true);
  assert.equal(guard.isOwn('https://vedette.example'), false);
  assert.equal(guard.isOwn(''), false);
});

test('each sender is one hop, and a sender that repeats itself none', () => {
  const once = withHop(labelsOf({ summary: 's' }), 'http://am:9093/');
  assert.equal(labelValueOf(once, VIA_ANNOTATION), 'http://am:9093');
  assert.equal(withHop(once, 'http://am:9093'), once);
  assert.equal(labelValueOf(withHop(once, 'http://b c'), VIA_ANNOTATION), 'http://am:9093 http://b%20c');
  assert.equal(withHop(once, ' '), once);
});

test('an alert that was here, or came through too many, is looped', () => {
  let annotations = NO_LABELS;
  for (let hop = 1; hop < VIA_HOPS_MAX; hop++) annotations = withHop(annotations, `http://s${hop}`);
  assert.equal(guard.isLooped(annotations), false);
  assert.equal(guard.isLooped(withHop(annotations, 'http://s8')), true);
  assert.equal(guard.isLooped(withHop(NO_LABELS, 'https://vedette.example/base')), true);
  assert.equal(guard.isLooped(NO_LABELS), false);
});

test('an echo of what somebody holds here, or held when it began, is told from news', async () => {
  const told = (await parsed(webhookBody([alertBody({ startsAt: '2026-11-21T09:00:00Z' })]))).alerts[0]!;
  const known = (more: Partial<Parameters<typeof alertOf>[0]>): Alert =>
    alertOf(
      {
        status: 'firing',
        labels: told.labels,
        annotations: NO_LABELS,
        generatorUrl: '',
        startsAtMs: NOW_MS - 3_600_000,
        endsAtMs: NOW_MS,
        ...more,
      },
      NOW_MS,
    );
  const check = (alert: Alert | undefined, want: boolean): void =>
    assert.equal(isEcho(told, alert, NOW_MS), want);
  check(undefined, false);
  check(known({}), true);
  check(known({ source: 'am', expiry: 'assumed', endsAtMs: NOW_MS + 1 }), false);
  check(known({ expiry: 'stated', endsAtMs: NOW_MS + 60_000 }), true);
  check(known({ status: 'resolved', endsAtMs: NOW_MS - 60_000 }), true);
  check(known({ status: 'resolved', endsAtMs: NOW_MS - 3_600_001 }), false);
});
