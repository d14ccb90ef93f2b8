import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { startDeadline } from './deadline.ts';

const clock = new VirtualClock({ startMs: 0 });
const late = (): Error => new Error('late');

test('work is told to stop when its time is over', async () => {
  using deadline = startDeadline(
    { clock },
    { afterMs: 10, error: late, signal: new AbortController().signal },
  );
  await clock.advance(9);
  assert.equal(deadline.signal.aborted, false);
  await clock.advance(1);
  assert.equal((deadline.signal.reason as Error).message, 'late');
});

test('whoever waits may go first, also before it begins', () => {
  const caller = new AbortController();
  using deadline = startDeadline({ clock }, { afterMs: 10, error: late, signal: caller.signal });
  caller.abort(new Error('gone'));
  assert.equal((deadline.signal.reason as Error).message, 'gone');
  using second = startDeadline({ clock }, { afterMs: 10, error: late, signal: caller.signal });
  assert.equal(second.signal.aborted, true);
});

test('after the work nothing of it is left', async () => {
  const caller = new AbortController();
  const timersBefore = clock.pendingTimerCount;
  const work = (): AbortSignal => {
    using deadline = startDeadline({ clock }, { afterMs: 10, error: late, signal: caller.signal });
    return deadline.signal;
  };
  const signal = work();
  assert.equal(clock.pendingTimerCount, timersBefore);
  caller.abort();
  await clock.advance(10);
  assert.equal(signal.aborted, false);
});
