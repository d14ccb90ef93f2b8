import type { GuardBacktestJson } from '@vedette/api';
import { useEffect, useRef, useState } from 'react';
import { runBacktest, type BacktestOrder } from '../api/guard.ts';
import { browserClock } from '../lib/browser-clock.ts';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly startedAtMs: number }
  | { readonly kind: 'done'; readonly report: GuardBacktestJson; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly message: string };

/** One backtest at a time; who leaves the page stops it, on the server too. */
export function useBacktest() {
  const [state, setState] = useState<State>({ kind: 'idle' });
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const run = (order: BacktestOrder): void => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    const startedAtMs = browserClock.nowMs();
    setState({ kind: 'running', startedAtMs });
    const settle = (next: State): void => {
      if (!mine.signal.aborted) setState(next);
    };
    runBacktest(order, mine.signal).then(
      (report) => settle({ kind: 'done', report, tookMs: browserClock.nowMs() - startedAtMs }),
      (error: unknown) =>
        settle({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
    );
  };
  const stop = (): void => {
    running.current?.abort();
    setState({ kind: 'idle' });
  };
  return {
    run,
    stop,
    startedAtMs: state.kind === 'running' ? state.startedAtMs : undefined,
    fault: state.kind === 'failed' ? state.message : undefined,
    done: state.kind === 'done' ? state : undefined,
  };
}
