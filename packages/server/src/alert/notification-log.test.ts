import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_LABELS, VirtualClock } from '@vedette/model';
import { openStateStore } from '../store/state/embedded.ts';
import { SILENT_LOG } from '../telemetry/log.ts';
import { ALERT_PIPELINE_LIMITS } from './pipeline-limits.ts';
import { NotificationLog } from './notification-log.ts';
import type { Delivery } from './stages.ts';

const delivery: Delivery = {
  flush: { groupKey: '{}:{}', groupLabels: NO_LABELS, alerts: [], tickMs: 0, repeatIntervalMs: 60_000 },
  receiver: {
    name: 'ops',
    integration: 'webhook',
    index: 0,
    sendsResolved: true,
    send: () => Promise.resolve({ kind: 'delivered' }),
  },
  replaced: new AbortController().signal,
};
const outcome = { result: { kind: 'delivered' }, attempts: 1, isSilent: false } as const;

test('a history that grows faster than it ages keeps the newest records alone', async () => {
  const clock = new VirtualClock({ startMs: 0, settle: () => Promise.resolve() });
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  try {
    const log = new NotificationLog(
      { clock, state, log: SILENT_LOG },
      { ...ALERT_PIPELINE_LIMITS, recordsMax: 1500 },
    );
    for (let i = 1; i <= 3000; i++) {
      clock.jumpWallClock(1);
      await log.record(delivery, { id: `n${i}`, reason: 'unconfirmed', firing: [], resolved: [] }, outcome);
    }
    const kept = await state.logs.read('notifications', { direction: 'forward', afterSeq: 0, limit: 5000 });
    assert.deepEqual([kept.length, kept[0]?.seq, kept.at(-1)?.seq], [1500, 1501, 3000]);
  } finally {
    await state.close();
  }
});
