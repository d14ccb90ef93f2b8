/**
 * The guard, made when somebody needs it: an action, a reader of the feed, a question, an alert for it. Until then it
 * costs nothing. At the start it is made at once when the configuration names it, or when it has worked here before, for
 * its decisions go on to hold.
 */
import type { Clock, Files, Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { GuardInUse } from './compose-guard-open.ts';
import type { Stores } from './compose-storage.ts';
import type { StartSettings } from './config/start-settings.ts';
import type { Part } from './lifecycle.ts';
import type { PromQuery } from './query/metrics/port.ts';
import type { Log } from './telemetry/log.ts';
import type { ProcessMetrics } from './telemetry/process-metrics.ts';

export interface GuardDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly query: PromQuery;
  readonly stores: Stores;
  readonly processMetrics: ProcessMetrics;
}

export interface GuardHouse {
  /** Rejects when its files cannot be opened; the next call tries again. */
  use(): Promise<GuardInUse>;
  readonly part: Part;
  /** Takes over policies and settings; what concerns files and connections waits for a restart. */
  apply(settings: StartSettings): void;
  problems(): readonly string[];
}

/** Below the data directory. */
export const ACTIONS_FILE = 'actions.db';

export function createGuardHouse(deps: GuardDeps, settings: StartSettings): GuardHouse {
  let inForce = settings;
  let opening: Promise<GuardInUse> | undefined;
  let opened: GuardInUse | undefined;
  let isStopped = false;
  const open = async (): Promise<GuardInUse> => {
    const { openGuard } = await import('./compose-guard-open.ts');
    opened = await openGuard(deps, inForce);
    // What was reloaded meanwhile.
    opened.apply(inForce);
    return opened;
  };
  const use = (): Promise<GuardInUse> => {
    if (isStopped) return Promise.reject(new Error('the server stops'));
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const start = async (): Promise<void> => {
    const entries = await deps.files.list(settings.dataDirectory);
    const hasWorked = entries.some(({ name }) => name === ACTIONS_FILE);
    if (hasWorked || settings.config.guard !== undefined) await use();
  };
  const stop = async (): Promise<void> => {
    isStopped = true;
    await opening?.catch(() => undefined);
    await opened?.stop();
  };
  return {
    use,
    part: { name: 'guard', start, stop },
    apply: (next) => {
      inForce = next;
      opened?.apply(next);
    },
    problems: () => opened?.problems() ?? [],
  };
}
