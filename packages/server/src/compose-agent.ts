/**
 * The monitor agent, made when somebody asks for an analysis or when an alert fires that is for people. Until then it
 * costs one look at the list of alerts every few seconds.
 */
import { labelValueOf, UnavailableError, type Clock, type Random, type Timer } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { Detection } from './compose-detect.ts';
import type { GuardHouse } from './compose-guard.ts';
import type { Stores } from './compose-storage.ts';
import type { StartSettings } from './config/start-settings.ts';
import type { Part } from './lifecycle.ts';
import { askedBy, type QuerySource } from './query/metrics/index.ts';
import type { PromQuery } from './query/metrics/port.ts';
import type { AnalysisDesk, AnalysisNarrator, RunbookLibrary, SubjectMemory } from './respond/index.ts';
import type { AnalysisDeskSetup, RunningAnalysisDesk } from './respond/agent/index.ts';
import type { Log } from './telemetry/log.ts';

export interface AgentHouseDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly query: PromQuery;
  readonly stores: Pick<Stores, 'state'>;
  readonly detection: Pick<Detection, 'alerts' | 'rules'>;
  readonly guard: Pick<GuardHouse, 'peek'>;
  readonly library: () => Promise<RunbookLibrary>;
  /** Puts reports into words; absent: nobody does. */
  readonly narrator?: AnalysisNarrator | undefined;
}

export interface AgentHouse extends SubjectMemory {
  /** Always the same one. Rejects with `UnavailableError` when it could not be opened; the next call tries again. */
  use(): Promise<AnalysisDesk>;
  readonly part: Part;
  apply(settings: StartSettings): void;
}

/** All questions of the agent are of one source: those of people have turns of their own beside it. */
const AGENT_SOURCE: QuerySource = { kind: 'api', client: 'agent' };

// The desk has a look of its own once it is open; this one only finds out that there is something to open it for.
const FIRST_LOOK_MS = 5000;

export function createAgentHouse(deps: AgentHouseDeps, settings: StartSettings): AgentHouse {
  let inForce = settings;
  let opening: Promise<RunningAnalysisDesk> | undefined;
  let looking: Timer | undefined;
  let isStopped = false;
  const open = async (): Promise<RunningAnalysisDesk> => {
    const { openAnalysisDesk } = await import('./respond/agent/index.ts');
    return await openAnalysisDesk(deskDepsOf(deps), deskSetupOf(inForce));
  };
  const arm = (): void => {
    looking?.cancel();
    if (!isStopped) looking = deps.clock.setTimer(FIRST_LOOK_MS, look);
  };
  const use = async (): Promise<RunningAnalysisDesk> => {
    if (isStopped) throw new UnavailableError('VED_AGENT_BUSY', 'cannot analyse: the server stops');
    const own = (opening ??= open());
    try {
      return await own;
    } catch (error) {
      // The first of those who waited for it clears the way; another may be opening by now.
      if (opening === own) {
        opening = undefined;
        // The look that found it opening has ended.
        arm();
      }
      throw error;
    }
  };
  const look = (): void => {
    if (opening !== undefined) return;
    if (inForce.config.agent.automatic && deps.detection.alerts.alerts().some(isForPeople))
      use().catch((error: unknown) => deps.log.error('the monitor agent cannot be opened', { error }));
    arm();
  };
  return {
    use,
    part: {
      name: 'monitor agent',
      start: arm,
      stop: async () => {
        isStopped = true;
        looking?.cancel();
        await (await opening?.catch(() => undefined))?.stop();
      },
    },
    apply: (next) => {
      inForce = next;
      void opening?.then((desk) => desk.apply(deskSetupOf(next))).catch(() => undefined);
    },
    // Reports may be kept of earlier runs, so it is opened for this.
    forget: async (speaks) => await (await use()).forget(speaks),
  };
}

function isForPeople({ labels }: { readonly labels: Parameters<typeof labelValueOf>[0] }): boolean {
  return labelValueOf(labels, 'severity') !== 'none';
}

function deskDepsOf(deps: AgentHouseDeps) {
  const { detection, guard, registry, stores } = deps;
  return {
    ...deps,
    metrics: registry,
    state: stores.state,
    query: askedBy(deps.query, AGENT_SOURCE),
    alerts: detection.alerts,
    rules: detection.rules,
    subjects: {
      activeSubjects: () => {
        const count = guard.peek()?.watch.activeSubjects;
        return count === undefined ? undefined : { count };
      },
    },
  };
}

function deskSetupOf({ config }: StartSettings): AnalysisDeskSetup {
  const { automatic, keep } = config.agent;
  const externalLabels = new Set(Object.keys(config.global.external_labels));
  return { isAutomatic: automatic, keepMs: keep, externalLabels };
}
