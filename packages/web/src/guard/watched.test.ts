import { expect, test } from 'vitest';
import { nextStepOf, toneOfRatio } from './watched.ts';

const stepOf = (over: number) =>
  ({ over, threshold: over, decide: 'refuse', grade: 'temporary', forMs: 1000 }) as const;

test('half, four fifths and the whole of a threshold look different', () => {
  const check = (ratio: number, want: string): void =>
    expect([ratio, toneOfRatio(ratio)]).toEqual([ratio, want]);
  check(0.49, 'unknown');
  check(0.5, 'info');
  check(0.79, 'info');
  check(0.8, 'warning');
  check(1, 'warning');
  check(1.01, 'critical');
});

test('the next step is the one after what is passed, and the last one beyond', () => {
  const policy = { steps: [stepOf(30), stepOf(60)] };
  expect(nextStepOf({ step: null }, policy)?.over).toBe(30);
  expect(nextStepOf({ step: 0 }, policy)?.over).toBe(60);
  expect(nextStepOf({ step: 1 }, policy)?.over).toBe(60);
  expect(nextStepOf({ step: null }, { steps: [] })).toBeUndefined();
});
