import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttemptPage } from '../../../alert/index.ts';
import { createToolScene } from './tool-fixture.ts';

const FAILED: AttemptPage['attempts'][number] = {
  atMs: 0,
  tookMs: 1,
  receiver: 'ops',
  integration: 'webhook',
  index: 0,
  groupKey: '{}',
  notificationId: 'n',
  reason: 'first notification',
  attempt: 1,
  outcome: 'failed',
  isRetriable: true,
  category: null,
  error: 'refused',
  answer: null,
  firingCount: 1,
  resolvedCount: 0,
  fingerprints: [],
};

test('the overview says when nobody could be told', async () => {
  const { deps } = createToolScene();
  const asked: unknown[] = [];
  const { ask, nowMs } = createToolScene({
    insight: {
      ...deps.insight,
      attempts: (query) => {
        asked.push(query);
        return Promise.resolve({ attempts: [FAILED, { ...FAILED, receiver: 'b' }, FAILED], nextCursor: 7 });
      },
    },
  });
  assert.match(
    await ask('overview'),
    /\nnotifications: at least 3 attempts to tell "ops", "b" failed in the last hour; notifications_list has/,
  );
  assert.deepEqual(asked, [{ outcome: 'failed', fromMs: nowMs - 3_600_000, untilMs: nowMs, limit: 200 }]);
});
