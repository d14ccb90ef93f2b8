/** For tests: backtests over actions in memory. */
import { SeededRandom, VirtualClock, type Slicer } from '@vedette/model';
import type { ActionCount } from '@vedette/sdk';
import type { BehaviourLimits, Policy, PolicyStep } from '../detect/index.ts';
import type { GuardSetup } from '../respond/index.ts';
import { settingsOf } from '../respond/guard/guard-fixture.ts';
import type { ActionStore } from '../store/actions/port.ts';
import type { BacktestReport } from './backtest-report.ts';
import { createGuardBacktest, type GuardBacktest } from './guard-backtest.ts';

export const LIMITS: BehaviourLimits = {
  subjectsMax: 1000,
  journalBytesMax: 2 ** 22,
  suspectsBytesMax: 2 ** 22,
  userSeriesMax: 0,
  topSubjectsMax: 0,
};

/** A store of rows in batches of 50. */
export function storeOf(rows: readonly ActionCount[]): Pick<ActionStore, 'read'> {
  return {
    async *read({ fromMs, toMs }, signal) {
      const within = rows.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
      for (let i = 0; i < within.length; i += 50) {
        signal?.throwIfAborted();
        yield within.slice(i, i + 50);
      }
    },
  };
}

/** Yields whenever it is asked: no answer may depend on where slices end. */
export const EVERY_STEP: Slicer = { shouldYield: () => true, yield: () => Promise.resolve() };
export const NO_SLICES: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };

export interface BacktestSceneOptions {
  readonly clock?: VirtualClock;
  readonly slicer?: Slicer;
}

export function backtestOver(
  actions: Pick<ActionStore, 'read'>,
  { clock = new VirtualClock({ startMs: 0 }), slicer = NO_SLICES }: BacktestSceneOptions = {},
): GuardBacktest {
  return createGuardBacktest({ clock, random: new SeededRandom(3), createSlicer: () => slicer, actions });
}

export interface Asked {
  readonly policies: readonly Policy[];
  readonly inForce: readonly Policy[];
  readonly settings?: Partial<GuardSetup['settings']>;
  readonly fromMs: number;
  readonly toMs: number;
  readonly subjectsMax?: number;
}

export async function ask(
  backtest: GuardBacktest,
  { policies, inForce, settings = {}, fromMs, toMs, subjectsMax = 1000 }: Asked,
  signal: AbortSignal = new AbortController().signal,
): Promise<BacktestReport> {
  const setup = { policies: inForce, settings: settingsOf(settings) };
  return await backtest.run({ policies, inForce: setup, limits: LIMITS, fromMs, toMs, subjectsMax }, signal);
}

export function stepOf(over: number, minutes: number, more: Partial<PolicyStep> = {}): PolicyStep {
  return { over, decide: 'refuse', grade: 'temporary', forMs: minutes * 60_000, ...more };
}
