import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { LogThrottle } from './log-throttle.ts';

function setUp(): { clock: VirtualClock; throttle: LogThrottle; ended: string[] } {
  const clock = new VirtualClock({ startMs: 0 });
  const ended: string[] = [];
  const throttle = new LogThrottle({ clock }, (kind, count) => ended.push(`${kind}: ${count}`));
  return { clock, throttle, ended };
}

const admitted = (throttle: LogThrottle, kind: string, times: number): number =>
  Array.from({ length: times }, () => throttle.admits(kind)).filter(Boolean).length;

test('three lines of a kind pass in a minute, the rest is counted and told when the minute ends', async () => {
  const { clock, throttle, ended } = setUp();
  assert.equal(admitted(throttle, 'a', 10), 3);
  assert.equal(admitted(throttle, 'b', 2), 2);
  await clock.advance(59_999);
  assert.deepEqual(ended, []);
  assert.equal(throttle.admits('a'), false);
  await clock.advance(1);
  assert.deepEqual(ended, ['a: 8']);
  assert.equal(admitted(throttle, 'a', 4), 3);
});

test('flushing tells what is still hidden, once', async () => {
  const { clock, throttle, ended } = setUp();
  admitted(throttle, 'a', 5);
  throttle.flush();
  assert.deepEqual(ended, ['a: 2']);
  await clock.advance(120_000);
  assert.deepEqual(ended, ['a: 2']);
});

test('kinds beyond the limit are not throttled and not remembered', () => {
  const { clock, throttle } = setUp();
  for (let i = 0; i < 1000; i++) throttle.admits(String(i));
  assert.equal(admitted(throttle, 'one too many', 10), 10);
  assert.equal(clock.pendingTimerCount, 1000);
});
