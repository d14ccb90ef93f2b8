/**
 * The guard, made when somebody needs it: an action, a reader of the feed, a question, an alert for it. Until then it
 * costs nothing. At the start it is made at once when the configuration names it, or when it has worked here before, for
 * its decisions go on to hold.
 */
import { UnavailableError, type Clock, type Files, type Random } from '@vedette/model';
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
  /** Rejects with `UnavailableError` when it could not be opened; that stays so until a restart. */
  use(): Promise<GuardInUse>;
  /** `undefined`: nobody needed it yet. */
  peek(): GuardInUse | undefined;
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
  let failure: UnavailableError | undefined;
  let isStopped = false;
  const open = async (): Promise<GuardInUse> => {
    const { openGuard } = await import('./compose-guard-open.ts');
    opened = await openGuard(deps, inForce);
    // What was reloaded meanwhile.
    opened.apply(inForce);
    return opened;
  };
  const use = (): Promise<GuardInUse> => {
    if (isStopped && opened === undefined) return Promise.reject(cannotOpen('the server stops'));
    opening ??= open().catch((error: unknown) => {
      failure = cannotOpen(reasonOf(error), error);
      deps.log.error('the guard could not be opened; nobody is refused by this server', { error: failure });
      throw failure;
    });
    return opening;
  };
  const start = async (): Promise<void> => {
    const entries = await deps.files.list(settings.dataDirectory);
    const hasWorked = entries.some(({ name }) => name === ACTIONS_FILE);
    if (!hasWorked && settings.config.guard === undefined) return;
    // Here the fault itself is the reason why the server does not start.
    await use().catch((error: unknown) => {
      throw error instanceof UnavailableError ? (error.cause ?? error) : error;
    });
  };
  const stop = async (): Promise<void> => {
    isStopped = true;
    await opening?.catch(() => undefined);
    await opened?.stop();
  };
  return {
    use,
    peek: () => opened,
    part: { name: 'guard', start, stop },
    apply: (next) => {
      inForce = next;
      opened?.apply(next);
    },
    problems: () => [...(failure === undefined ? [] : [failure.message]), ...(opened?.problems() ?? [])],
  };
}

/** Half of it may have been made, so that a second attempt would meet what the first one left. */
function cannotOpen(reason: string, cause?: unknown): UnavailableError {
  return new UnavailableError(
    'VED_STATE_UNAVAILABLE',
    `cannot open the guard: ${reason}; put that right and restart the server`,
    { cause },
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
