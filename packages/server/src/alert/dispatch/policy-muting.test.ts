import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, SeededRandom, VirtualClock } from '@vedette/model';
import { openStateStore } from '../../store/state/embedded.ts';
import { INSTANT_SYNCS } from '../../store/state/instant-syncs-fixture.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { alertOf, type Alert } from '../alert.ts';
import { createAlertMatcher } from '../matchers/matcher.ts';
import { SilenceBook } from '../silence/silence-book.ts';
import { PolicyMuting } from './policy-muting.ts';

const RULE = {
  name: '',
  source: [createAlertMatcher('severity', '=', 'critical')],
  target: [createAlertMatcher('severity', '=', 'warning')],
  equal: [],
};

/** `untilMs`: when it is over without anybody saying so. */
function alert(severity: string, instance: string, untilMs: number): Alert {
  return alertOf(
    {
      status: 'firing',
      expiry: 'stated',
      labels: labelsOf({ alertname: 'A', severity, instance }),
      annotations: labelsOf({}),
      startsAtMs: 0,
      endsAtMs: untilMs,
      generatorUrl: '',
    },
    0,
  );
}

test('an alert is inhibited until the last of its sources is over of its own accord', async () => {
  const clock = new VirtualClock({ startMs: 0 });
  const deps = { clock, random: new SeededRandom(1), log: SILENT_LOG };
  const state = openStateStore({ ...deps, syncs: INSTANT_SYNCS }, { path: ':memory:' });
  const sources = [1000, 3000, 2000].map((untilMs, i) => alert('critical', `i${i}`, untilMs));
  const known = new Map(sources.map((source) => [source.fingerprint, source]));
  const muting = new PolicyMuting(
    { clock, silences: new SilenceBook({ ...deps, state }), find: (fingerprint) => known.get(fingerprint) },
    { inhibitRules: [RULE], timeIntervals: new Map() },
  );
  for (const source of sources) muting.note(source);
  const target = alert('warning', 'x', 10_000);
  const check = (wantCount: number): void => {
    assert.equal(muting.isInhibited(target), wantCount > 0);
    assert.equal(muting.inhibitorsOf(target).length, wantCount);
  };
  check(3);
  await clock.advance(1000);
  check(2);
  await clock.advance(1000);
  check(1);
  await clock.advance(1000);
  check(0);
  await state.close();
});
