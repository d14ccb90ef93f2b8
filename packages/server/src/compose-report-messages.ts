/** Reports of the monitor agent on their way to people; nothing of it is loaded while nobody is to get any. */
import type { Clock, Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { AlertPipeline } from './alert/index.ts';
import type { AgentHouse } from './compose-agent.ts';
import type { ReportNotifier, ReportNotifySettings } from './respond/index.ts';
import type { StateStore } from './store/state/port.ts';
import type { Log } from './telemetry/log.ts';

export interface ReportMessageDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly state: Pick<StateStore, 'documents'>;
  readonly alerts: AlertPipeline;
  /** Where links in messages lead; without a slash at the end. */
  readonly externalUrl: string;
}

/**
 * The agent with its messages: they start after it and stop before it. The agent is opened at the start when the
 * configuration names somebody who gets its reports, since some may wait from before.
 */
export function withReportMessages(
  agent: AgentHouse,
  deps: ReportMessageDeps,
  settings: ReportNotifySettings,
): AgentHouse {
  /** One, as its metrics are; a start that failed is tried again with it. */
  let made: ReportNotifier | undefined;
  let running: ReportNotifier | undefined;
  let changing: Promise<void> = Promise.resolve();
  let isStopped = false;
  const takeOver = async (next: ReportNotifySettings): Promise<void> => {
    if (running !== undefined) return running.apply(next);
    if (next.notify.length === 0 || isStopped) return;
    const { createReportNotifier } = await import('./respond/agent/notify/report-notifier.ts');
    const desk = await agent.use();
    made ??= createReportNotifier({ ...deps, metrics: deps.registry, desk }, next);
    made.apply(next);
    await made.start();
    running = made;
  };
  // A reload may come while it starts.
  const apply = async (next: ReportNotifySettings): Promise<void> => {
    changing = changing
      .then(() => takeOver(next))
      .catch((error: unknown) => deps.log.error('reports are not sent; a reload tries again', { error }));
    await changing;
  };
  return {
    use: () => agent.use(),
    part: {
      name: agent.part.name,
      start: async () => {
        await agent.part.start?.();
        await apply(settings);
      },
      stop: async () => {
        isStopped = true;
        await changing;
        await running?.stop();
        await agent.part.stop?.();
      },
    },
    apply: (next) => {
      agent.apply(next);
      void apply(next.config.agent);
    },
    forget: async (speaks) => {
      await running?.forget(speaks);
      await agent.forget(speaks);
    },
  };
}
