import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HotBackups } from '../../store/backup/port.ts';
import { startTestServer } from '../test-server.ts';

test(
  'a backup whose client went away before it was told of it is ended, and keeps no other waiting',
  { timeout: 20_000 },
  async (t) => {
    const begun = Promise.withResolvers<void>();
    const staged = Promise.withResolvers<Awaited<ReturnType<HotBackups['begin']>>>();
    const ended = Promise.withResolvers<string>();
    const backups: HotBackups = {
      begin: () => {
        begun.resolve();
        return staged.promise;
      },
      open: () => Promise.reject(new Error('nobody asks for it')),
      end: (name) => {
        ended.resolve(name);
        return Promise.resolve();
      },
    };
    const server = await startTestServer({ backups });
    t.after(() => server.close());
    const abort = new AbortController();
    const asking = fetch(`${server.address}/api/vedette/backups`, { method: 'POST', signal: abort.signal });
    await begun.promise;
    abort.abort();
    await assert.rejects(asking);
    // Another request behind the one that is gone: the server has seen both.
    await fetch(`${server.address}/-/healthy`);
    staged.resolve({ name: 'b1', files: [] });
    assert.equal(await ended.promise, 'b1');
  },
);
