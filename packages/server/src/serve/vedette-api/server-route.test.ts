import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverState } from '@vedette/api';
import type { HttpRequest } from '../http/route.ts';
import { createTestDeps, startTestServer } from '../test-server.ts';
import { serverRoute } from './server-route.ts';

const { server } = createTestDeps();
const BROKEN = {
  ...server,
  scrapeIntervalMs: () => 30_000,
  lastReload: () => ({ isSuccess: false, atMs: 5, fault: 'vedette.yml:7:5: unknown key' }),
};

test('storage, scrapes and the last reload are told, with the fault of one that failed', async (t) => {
  const running = await startTestServer({ server: BROKEN });
  t.after(() => running.close());
  const answer = await fetch(`${running.address}/api/vedette/server`);
  const { storage, scrape, reload } = serverState.parse(await answer.json());
  assert.deepEqual(scrape, { intervalMs: 30_000 });
  assert.deepEqual(reload, { isSuccess: false, atMs: 5, fault: 'vedette.yml:7:5: unknown key' });
  assert.deepEqual([storage.engine, storage.retentionMs], ['embedded', 15 * 86_400_000]);
});

test('a viewer hears that the reload failed, and not which lines of the file are wrong', async () => {
  const request = { role: 'viewer' } as HttpRequest;
  const { body } = await serverRoute({ server: BROKEN }).handle(request);
  const { reload } = serverState.parse(JSON.parse(body as string));
  assert.deepEqual(reload, { isSuccess: false, atMs: 5, fault: null });
});
