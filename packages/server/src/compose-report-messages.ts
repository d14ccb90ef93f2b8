/** Reports of the monitor agent on their way to people; nothing of it is loaded while nobody is to get any. */
import type { Clock, Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { AlertPipeline } from './alert/index.ts';
import type { Part } from './lifecycle.ts';
import type { AnalysisDesk, ReportNotifier, ReportNotifySettings, SubjectMemory } from './respond/index.ts';
import type { StateStore } from './store/state/port.ts';
import type { Log } from './telemetry/log.ts';

export interface ReportMessageDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly state: StateStore;
  readonly alerts: AlertPipeline;
  /** The agent; made when a configuration names who gets its reports. */
  readonly desk: () => Promise<Pick<AnalysisDesk, 'onReport'>>;
  /** Where links in messages lead; without a slash at the end. */
  readonly externalUrl: string;
}

export interface ReportMessages extends SubjectMemory {
  /** After the alerts have started; it stops before them. */
  readonly part: Part;
  /** Takes over `agent.notify` of a reload. */
  apply(settings: ReportNotifySettings): Promise<void>;
}

export function createReportMessages(
  deps: ReportMessageDeps,
  settings: ReportNotifySettings,
): ReportMessages {
  let running: ReportNotifier | undefined;
  let changing: Promise<void> = Promise.resolve();
  let isStopped = false;
  const takeOver = async (next: ReportNotifySettings): Promise<void> => {
    if (running !== undefined) return running.apply(next);
    if (next.notify.length === 0 || isStopped) return;
    const { createReportNotifier } = await import('./respond/agent/notify/report-notifier.ts');
    const { registry: metrics } = deps;
    const notifier = createReportNotifier({ ...deps, metrics, desk: await deps.desk() }, next);
    await notifier.start();
    running = notifier;
  };
  // A reload may come while it starts.
  const apply = async (next: ReportNotifySettings): Promise<void> => {
    const turn = changing.then(() => takeOver(next));
    changing = turn.catch(() => undefined);
    await turn;
  };
  const stop = async (): Promise<void> => {
    isStopped = true;
    await changing;
    await running?.stop();
  };
  return {
    part: { name: 'reports to people', start: () => apply(settings), stop },
    apply,
    forget: async (speaks) => await running?.forget(speaks),
  };
}
