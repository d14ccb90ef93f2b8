import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BugError, InputError, UnavailableError, VirtualClock } from '@vedette/model';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { HANDLER_MS_MAX, WebhookHandlers, type WebhookHandler } from './webhook-handlers.ts';
import { alertBody, NOW_MS, parsed, webhookBody } from './webhook-fixture.ts';

class Scene {
  readonly clock = new VirtualClock({ startMs: NOW_MS });
  readonly handlers = new WebhookHandlers({ clock: this.clock, log: SILENT_LOG });
  readonly seen: string[] = [];

  add(name: string, handle: WebhookHandler['handle'] | Error = NOTHING, source?: string): void {
    this.handlers.register({
      name,
      ...(source === undefined ? {} : { source }),
      handle: async (message, signal) => {
        this.seen.push(`${name}: ${message.alerts.length}`);
        if (handle instanceof Error) throw handle;
        return await handle(message, signal);
      },
    });
  }
}

const NOTHING = (): Promise<{ ignoredCount: number }> => Promise.resolve({ ignoredCount: 0 });
const message = await parsed(webhookBody([alertBody(), alertBody({ labels: { alertname: 'Other' } })]));

test('every handler sees every alert, also when one throws at once', async () => {
  const scene = new Scene();
  scene.add('first');
  scene.add('broken', new Error('a mistake of ours'));
  scene.add('last', () => Promise.resolve({ ignoredCount: 1 }));
  assert.deepEqual(await scene.handlers.dispatch(message), { ignoredCount: 1, failed: ['broken'] });
  assert.deepEqual(scene.seen, ['first: 2', 'broken: 2', 'last: 2']);
});

test('a handler that wants one source gets that source alone', async () => {
  const scene = new Scene();
  scene.add('all');
  scene.add('guard', NOTHING, 'user-behavior');
  await scene.handlers.dispatch(message);
  assert.deepEqual(scene.seen, ['all: 2']);
  await scene.handlers.dispatch({ ...message, source: 'user-behavior' });
  assert.deepEqual(scene.seen.slice(1), ['all: 2', 'guard: 2']);
});

test('a handler that may work later makes the sender repeat, after all have had their turn', async () => {
  const scene = new Scene();
  const later = new UnavailableError('VED_STATE_UNAVAILABLE', 'cannot save');
  scene.add('later', later);
  scene.add('fine');
  await assert.rejects(scene.handlers.dispatch(message), later);
  assert.deepEqual(scene.seen, ['later: 2', 'fine: 2']);
});

test('a fault that stays is the sender’s only when nobody took the message', async () => {
  const scene = new Scene();
  const wrong = new InputError('VED_WEBHOOK_LOOP', 'cannot take it');
  scene.add('wrong', wrong);
  await assert.rejects(scene.handlers.dispatch(message), wrong);
  scene.add('fine');
  assert.deepEqual(await scene.handlers.dispatch(message), { ignoredCount: 0, failed: ['wrong'] });
});

test('a handler that hangs is given up in time and told so', async () => {
  const scene = new Scene();
  let isAborted = false;
  scene.add('hangs', (_, signal) => {
    signal.addEventListener('abort', () => (isAborted = true));
    return new Promise(() => undefined);
  });
  scene.add('fine');
  const answer = assert.rejects(scene.handlers.dispatch(message), (error) => {
    assert.ok(error instanceof UnavailableError);
    assert.match(error.message, /handler "hangs" did not end within 8000 ms/);
    return true;
  });
  await scene.clock.advance(HANDLER_MS_MAX);
  await answer;
  assert.equal(isAborted, true);
  assert.equal(scene.clock.pendingTimerCount, 0);
});

test('two handlers of one name are a mistake of ours', () => {
  const scene = new Scene();
  scene.add('one');
  assert.throws(() => scene.add('one'), BugError);
});
