import { expect, test, vi } from 'vitest';
import { takeTurn, untilFirstTurn } from './turns.ts';

test('tasks run one per turn in the order of asking; withdrawn ones do not, and a fault stops nobody', async () => {
  vi.useFakeTimers();
  const said: string[] = [];
  const onFault = (fault: Error): void => void said.push(String(fault));
  takeTurn(() => said.push('first'), onFault);
  takeTurn(() => said.push('never'), onFault)();
  takeTurn(() => {
    throw new Error('broken');
  }, onFault);
  takeTurn(() => said.push('last'), onFault);
  void untilFirstTurn().then(() => said.push('begun'));
  expect(said).toEqual([]);
  await vi.advanceTimersToNextTimerAsync();
  expect(said).toEqual(['first', 'begun']);
  await vi.runAllTimersAsync();
  expect(said).toEqual(['first', 'begun', 'Error: broken', 'last']);
  vi.useRealTimers();
});
