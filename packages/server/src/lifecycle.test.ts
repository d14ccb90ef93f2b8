import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { Lifecycle, STOP_MS_MAX } from './lifecycle.ts';
import { SILENT_LOG } from './telemetry/log.ts';

function setup(): { clock: VirtualClock; lifecycle: Lifecycle; events: string[] } {
  const clock = new VirtualClock({ startMs: 0 });
  return { clock, lifecycle: new Lifecycle({ clock, log: SILENT_LOG }), events: [] };
}

test('parts start in order and stop in reverse, once', async () => {
  const { lifecycle, events } = setup();
  const part = (name: string) => ({
    name,
    start: () => void events.push(`+${name}`),
    stop: () => void events.push(`-${name}`),
  });
  await lifecycle.start([part('a'), part('b')]);
  assert.deepEqual(await Promise.all([lifecycle.stop(), lifecycle.stop()]), [true, true]);
  assert.deepEqual(events, ['+a', '+b', '-b', '-a']);
});

test('a part that fails to start stops those before it', async () => {
  const { lifecycle, events } = setup();
  const parts = [
    { name: 'a', stop: () => void events.push('-a') },
    { name: 'b', start: () => Promise.reject(new Error('port taken')), stop: () => void events.push('-b') },
  ];
  await assert.rejects(lifecycle.start(parts), /port taken/);
  assert.deepEqual(events, ['-a']);
});

test('a part that hangs or fails does not keep the others from stopping', async () => {
  const { clock, lifecycle, events } = setup();
  await lifecycle.start([
    { name: 'a', stop: () => void events.push('-a') },
    { name: 'b', stop: () => new Promise<void>(() => undefined) },
    { name: 'c', stop: () => Promise.reject(new Error('no')) },
  ]);
  const stopped = lifecycle.stop();
  await clock.advance(STOP_MS_MAX - 1);
  assert.deepEqual(events, []);
  await clock.advance(1);
  assert.equal(await stopped, false);
  assert.deepEqual(events, ['-a']);
});
