import { VirtualClock } from '@vedette/model';
import { expect, test } from 'vitest';
import { SendQueue } from './send-queue.ts';

function start(): { clock: VirtualClock; queue: SendQueue; sent: string[] } {
  const clock = new VirtualClock({ startMs: 0 });
  const sent: string[] = [];
  return { clock, sent, queue: new SendQueue({ clock, send: (text) => sent.push(text) }) };
}

test('fifteen messages leave at once, the sixteenth a second later, in order', async () => {
  const { clock, queue, sent } = start();
  for (let id = 0; id < 16; id++) queue.push({ op: 'unsub', id });
  expect(sent).toHaveLength(15);
  await clock.advance(999);
  expect(sent).toHaveLength(15);
  await clock.advance(1);
  expect(sent.map((text) => (JSON.parse(text) as { id: number }).id)).toEqual(
    Array.from({ length: 16 }, (_, i) => i),
  );
});

test('no second ever carries more than fifteen', async () => {
  const { clock, queue, sent } = start();
  const sentAtMs: number[] = [];
  for (let round = 0; round < 40; round++) {
    for (let id = 0; id < 3; id++) queue.push({ op: 'unsub', id });
    await clock.advance(100);
    while (sentAtMs.length < sent.length) sentAtMs.push(clock.nowMs());
  }
  await clock.advance(60_000);
  expect(sent).toHaveLength(120);
  for (const startMs of sentAtMs)
    expect(sentAtMs.filter((atMs) => atMs >= startMs && atMs < startMs + 900).length).toBeLessThanOrEqual(15);
});

test('a cleared queue forgets what waited and leaves no timer', async () => {
  const { clock, queue, sent } = start();
  for (let id = 0; id < 30; id++) queue.push({ op: 'unsub', id });
  queue.clear();
  await clock.advance(10_000);
  expect(sent).toHaveLength(15);
  expect(clock.pendingTimerCount).toBe(0);
});
