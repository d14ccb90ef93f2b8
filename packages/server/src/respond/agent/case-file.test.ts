import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { VirtualClock } from '@vedette/model';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { alertFixture, NOW_MS, Story } from './agent-fixture.ts';
import { CaseFile } from './case-file.ts';
import { subjectOf } from './subject.ts';

test('an id points to the very evidence it was given for; beyond the limit there is none', () => {
  const clock = new VirtualClock({ startMs: NOW_MS });
  const parts = { alerts: [alertFixture({ alertname: 'X' })], rules: [], externalLabels: new Set<string>() };
  const subject = subjectOf({ kind: 'alert', nowMs: NOW_MS, ...parts });
  assert.ok(subject !== undefined);
  const deps = { clock, log: SILENT_LOG, query: new Story().query, slicer: new TimeSlicer(clock) };
  const file = new CaseFile(deps, subject, NOW_MS);
  for (let i = 1; i <= 200; i++) {
    const id = file.add({ kind: 'series', text: `number ${i} ${'x'.repeat(9000)}` });
    const { text } = file.evidence.find((one) => one.id === id) ?? { text: '' };
    assert.ok(text.startsWith(`number ${i} x`), text);
    assert.equal(text.length, 500);
  }
  assert.throws(() => file.add({ kind: 'series', text: 'one more' }), /^BugError: BUG: .+ at most 200 /);
  assert.equal(file.evidence.length, 200);
});
