/** The parts of the guard and what runs between them: actions → judgement → decisions → feed. Imported on use. */
import * as os from 'node:os';
import * as path from 'node:path';
import { ExpectedError, type Slicer, type Timer } from '@vedette/model';
import type { ActionCount } from '@vedette/sdk';
import { ACTIONS_FILE, type GuardDeps } from './compose-guard.ts';
import { openBanMirror } from './compose-guard-redis.ts';
import { guardConfigOf, type GuardConfig } from './config/guard-config.ts';
import type { StartSettings } from './config/start-settings.ts';
import { createBehaviour, createProcessLoadReader } from './detect/behaviour/index.ts';
import { behaviourLimitsOf, dynamicThresholdsOf, policiesOf } from './detect/behaviour/config.ts';
import type { Behaviour, Policy } from './detect/index.ts';
import type { ActionSink } from './ingest/index.ts';
import { TimeSlicer } from './lib/time-slicer.ts';
import { createGuardService, IdNotice } from './respond/guard/index.ts';
import type { GuardSetup, PrivacyOffice, RunningGuardService, SubjectMemory } from './respond/index.ts';
import { createPrivacyOffice, ErasedSubjects } from './respond/privacy/index.ts';
import type { PolicyBacktest } from './serve/guard/backtest-route.ts';
import type { GuardBacktest } from './simulate/index.ts';
import { openActionStore } from './store/actions/embedded.ts';
import type { ActionStore } from './store/actions/port.ts';

export interface GuardInUse {
  readonly service: RunningGuardService;
  readonly actions: ActionSink;
  readonly kept: ActionStore;
  /** `memories`: see there. */
  privacy(memories: readonly SubjectMemory[]): PrivacyOffice;
  readonly backtest: PolicyBacktest;
  readonly watch: Pick<Behaviour, 'watch' | 'activeSubjects'>;
  /** Policies and settings in force. */
  setup(): GuardSetup;
  apply(settings: StartSettings): void;
  problems(): readonly string[];
  stop(): Promise<void>;
}

/** How often detection forgets what is over and the factor of the load moves. */
const TICK_MS = 1000;

export async function openGuard(deps: GuardDeps, settings: StartSettings): Promise<GuardInUse> {
  const { clock, registry: metrics, stores } = deps;
  const log = deps.log.child('guard');
  const guard = guardConfigOf(settings.config);
  const kept = openActionStore(
    { clock, log, metrics },
    {
      path: path.join(settings.dataDirectory, ACTIONS_FILE),
      retentionMs: guard.actions.retention,
      bytesMax: guard.actions.max_size,
    },
  );
  let setup = setupOf(settings);
  const isStateShared = settings.config.storage.state.engine === 'redis';
  const { service, behaviour } = createJudgement({ ...deps, log, isStateShared }, setup, guard);
  try {
    await service.start();
  } catch (error) {
    await kept.close();
    throw error;
  }
  const mirror = await openBanMirror(
    { ...deps, log, feed: service.feed },
    // The directory tells two servers of one machine apart: the lease is no obstacle to who has the name of its holder.
    { config: guard.redis, holder: `${os.hostname()} ${path.resolve(settings.dataDirectory)}` },
  );
  const idNotice = new IdNotice(log, setup.settings.ids);
  const erased = new ErasedSubjects(deps);
  const ticking = tickEverySecond(deps, behaviour);
  return {
    service,
    kept,
    actions: {
      take: (actions) => {
        idNotice.see(actions);
        take({ behaviour, kept }, erased.withoutErased(actions));
      },
    },
    privacy: (memories) =>
      createPrivacyOffice({
        clock,
        guard: service,
        detection: behaviour,
        actions: kept,
        query: deps.query,
        metrics: stores.metrics.admin,
        state: stores.state,
        memories,
        erased,
      }),
    watch: behaviour,
    backtest: createBacktest(deps, kept, () => ({ setup, limits: guard.limits })),
    setup: () => setup,
    apply: (next) => {
      setup = setupOf(next);
      service.apply(setup);
      idNotice.expect(setup.settings.ids);
      behaviour.setPolicies(judgedOf(setup.policies));
    },
    problems: () => mirror?.problems() ?? [],
    stop: async () => {
      ticking.cancel();
      await mirror?.close();
      await service.stop();
      await kept.close();
    },
  };
}

/** Crossings go from detection to decisions; how many subjects are active goes the other way. */
function createJudgement(
  deps: GuardDeps & { readonly isStateShared: boolean },
  setup: GuardSetup,
  guard: GuardConfig,
): { readonly service: RunningGuardService; readonly behaviour: Behaviour } {
  const { clock, registry: metrics, stores } = deps;
  const service = createGuardService(
    {
      ...deps,
      metrics,
      state: stores.state,
      slicer: new TimeSlicer(clock).forTask(),
      activeSubjects: () => behaviour.activeSubjects,
    },
    setup,
  );
  const behaviour = createBehaviour(
    { random: deps.random, metrics, crossings: service, load: loadOf(deps) },
    {
      policies: judgedOf(setup.policies),
      dynamic: dynamicThresholdsOf(guard.dynamic_thresholds),
      limits: behaviourLimitsOf(guard.limits),
    },
  );
  return { service, behaviour };
}

/** Judged first and whatever becomes of the rest: what is kept is evidence for later, and may be left out under load. */
function take(
  { behaviour, kept }: { readonly behaviour: Behaviour; readonly kept: ActionStore },
  actions: readonly ActionCount[],
): void {
  behaviour.take(actions);
  try {
    kept.append(actions);
  } catch (error) {
    // Counted by the store.
    if (!(error instanceof ExpectedError)) throw error;
  }
}

/** Of policies of somebody's against those that are in force when it begins. */
function createBacktest(
  { clock, random }: GuardDeps,
  actions: ActionStore,
  inForce: () => { readonly setup: GuardSetup; readonly limits: GuardConfig['limits'] },
): PolicyBacktest {
  const createSlicer = (): Slicer => new TimeSlicer(clock).forTask();
  let made: Promise<GuardBacktest> | undefined;
  const make = async (): Promise<GuardBacktest> => {
    const { createGuardBacktest } = await import('./simulate/index.ts');
    return createGuardBacktest({ clock, random, actions, createSlicer });
  };
  return {
    run: async ({ policies, ...range }, signal) => {
      const backtest = await (made ??= make());
      const { setup, limits } = inForce();
      return await backtest.run(
        {
          ...range,
          policies: policiesOf(policies, { mode: 'enforce' }),
          inForce: setup,
          limits: behaviourLimitsOf(limits),
        },
        signal,
      );
    },
  };
}

function setupOf({ config }: StartSettings): GuardSetup {
  const guard = guardConfigOf(config);
  return { policies: policiesOf(guard.policies, { mode: guard.mode }), settings: guard };
}

function judgedOf(policies: readonly Policy[]): readonly Policy[] {
  return policies.filter(({ mode }) => mode !== 'off');
}

function loadOf({ clock, processMetrics }: GuardDeps): ReturnType<typeof createProcessLoadReader> {
  return createProcessLoadReader({
    clock,
    lagSecondsP99: () => processMetrics.latest().lagSecondsP99,
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    cores: os.availableParallelism(),
  });
}

function tickEverySecond({ clock }: GuardDeps, behaviour: Behaviour): Timer {
  let timer: Timer;
  const tick = (): void => {
    behaviour.tick(clock.nowMs());
    timer = clock.setTimer(TICK_MS, tick);
  };
  timer = clock.setTimer(TICK_MS, tick);
  return { cancel: () => timer.cancel() };
}
