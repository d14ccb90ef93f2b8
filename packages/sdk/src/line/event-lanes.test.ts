import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventLanes, LANE_EVENTS_MAX, WAITING_EVENTS_MAX } from './event-lanes.ts';

interface Scene {
  readonly lanes: EventLanes<string>;
  /** Tasks in the order in which work on them began. */
  readonly begun: string[];
  /** Ends the work on a task. */
  readonly end: (task: string) => Promise<void>;
}

function scene(concurrency: number, laneConcurrency: 1 | 2 = 1): Scene {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const lanes = new EventLanes<string>({
    concurrency,
    laneConcurrency,
    work: (task) => {
      begun.push(task);
      return new Promise((resolve) => void ends.set(task, resolve));
    },
  });
  const end = async (task: string): Promise<void> => {
    ends.get(task)?.();
    await settle();
  };
  return { lanes, begun, end };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

test('events of one user are worked on in order, one at a time, of several side by side', async () => {
  const { lanes, begun, end } = scene(10);
  for (const task of ['a1', 'a2', 'b1', 'a3']) lanes.push(task.slice(0, 1), task);
  assert.deepEqual(begun, []);
  await settle();
  assert.deepEqual(begun, ['a1', 'b1']);
  await end('a1');
  assert.deepEqual(begun, ['a1', 'b1', 'a2']);
  await end('a2');
  await end('b1');
  assert.equal(begun.at(-1), 'a3');
});

test('who floods waits behind everybody else', async () => {
  const { lanes, begun, end } = scene(1);
  for (let i = 0; i < 10; i++) lanes.push('flood', `f${i}`);
  for (const user of ['x', 'y', 'z']) lanes.push(user, user);
  await settle();
  for (let done = 0; done < 4; done++) await end(begun.at(-1)!);
  assert.deepEqual(begun, ['f0', 'x', 'y', 'z', 'f1']);
});

test('with two per lane the second of a user begins beside the first, the third does not', async () => {
  const { lanes, begun, end } = scene(10, 2);
  for (const task of ['a1', 'a2', 'a3']) lanes.push('a', task);
  await settle();
  assert.deepEqual(begun, ['a1', 'a2']);
  await end('a2');
  assert.deepEqual(begun, ['a1', 'a2', 'a3']);
});

test('a lane takes so many and one more is dropped and counted', async () => {
  const { lanes, begun } = scene(1);
  lanes.push('other', 'o');
  await settle();
  for (let i = 0; i < LANE_EVENTS_MAX; i++) lanes.push('a', `a${i}`);
  assert.equal(lanes.droppedCount, 0);
  lanes.push('a', 'one more');
  assert.equal(lanes.droppedCount, 1);
  assert.equal(lanes.waitingCount, LANE_EVENTS_MAX);
  assert.deepEqual(begun, ['o']);
});

test('the queue says when it has no room', () => {
  const { lanes } = scene(1);
  assert.equal(lanes.hasRoomFor(WAITING_EVENTS_MAX), true);
  assert.equal(lanes.hasRoomFor(WAITING_EVENTS_MAX + 1), false);
  for (let i = 0; i < WAITING_EVENTS_MAX; i++) lanes.push(`u${i}`, 'x');
  assert.equal(lanes.hasRoomFor(0), true);
  assert.equal(lanes.hasRoomFor(1), false);
});

test('idle resolves when nothing waits and nothing works', async () => {
  const { lanes, end } = scene(1);
  await lanes.idle();
  lanes.push('a', 'a1');
  lanes.push('b', 'b1');
  let isIdle = false;
  const idle = lanes.idle().then(() => void (isIdle = true));
  await settle();
  await end('a1');
  assert.equal(isIdle, false);
  await end('b1');
  await idle;
  assert.deepEqual([lanes.waitingCount, lanes.laneCount], [0, 0]);
});
