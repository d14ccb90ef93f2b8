/** For tests: a guard in virtual time on a state store in memory or in a file, with a replica that follows its feed. */
import { labelsOf, SeededRandom, VirtualClock, type Slicer } from '@vedette/model';
import { createMetricsRegistry, digestOf, exposeMetrics } from '@vedette/sdk';
import type { FeedMessage, LiveDecision, SubjectKey } from '@vedette/sdk';
import type { Crossing, Policy, PolicyStep } from '../../detect/index.ts';
import type { WebhookAlert, WebhookMessage } from '../../alert/index.ts';
import { openStateStore } from '../../store/state/embedded.ts';
import { INSTANT_SYNCS } from '../../store/state/instant-syncs-fixture.ts';
import type { StateStore } from '../../store/state/port.ts';
import { SILENT_LOG, type LogFields } from '../../telemetry/log.ts';
import { defaultGuardSettings, type GuardSettings } from './config.ts';
import { createGuardService, type GuardSetup, type RunningGuardService } from './guard-service.ts';
import type { Reviewer } from './port.ts';
import { keyOf } from './subject-key.ts';

/** 2026-11-21 10:00 UTC. */
export const NOW_MS = Date.UTC(2026, 10, 21, 10);
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const ANNA: Reviewer = { by: 'anna', reason: 'looked at it' };

export const TEMPORARY: PolicyStep = { over: 30, decide: 'refuse', grade: 'temporary', forMs: 5 * MINUTE_MS };
export const EXTENDED: PolicyStep = { over: 60, decide: 'refuse', grade: 'extended', forMs: HOUR_MS };

export function policyOf(more: Partial<Policy> = {}): Policy {
  return {
    name: 'per-minute',
    version: 'v1',
    scope: 'user',
    measure: { kind: 'actions' },
    actions: [],
    sources: [],
    windowMs: MINUTE_MS,
    steps: [TEMPORARY, EXTENDED],
    isDynamic: false,
    mode: 'enforce',
    canaryPercent: 10,
    whenUnavailable: 'open',
    ...more,
  };
}

/** Everything enforced, no jitter; brakes far away unless a test brings them near. */
export function settingsOf(more: Partial<GuardSettings> = {}): GuardSettings {
  const settings = defaultGuardSettings();
  return {
    ...settings,
    mode: 'enforce',
    escalation: { ...settings.escalation, jitter: 0 },
    blast_radius: { ...settings.blast_radius, floor: 1_000_000, per_minute: 1_000_000 },
    ...more,
  };
}

export function crossingOf(subject: string, more: Partial<Crossing> = {}): Crossing {
  return {
    policy: policyOf(),
    step: TEMPORARY,
    scope: 'user',
    subject,
    atMs: NOW_MS,
    evidence: { value: 31, threshold: 30, over: 30, factor: 1, windowMs: MINUTE_MS, topActions: [] },
    ...more,
  };
}

export function alertOf(
  labels: Readonly<Record<string, string>>,
  more: Partial<WebhookAlert> = {},
): WebhookAlert {
  return {
    status: 'firing',
    labels: labelsOf({ alertname: 'UserHighFrequencyActivity', severity: 'warning', ...labels }),
    annotations: labelsOf({}),
    startsAt: { ms: NOW_MS, text: '' },
    endsAt: undefined,
    generatorUrl: '',
    ...more,
  };
}

export function messageOf(...alerts: WebhookAlert[]): WebhookMessage {
  return { source: 'user-behavior', format: 'alertmanager', externalUrl: '', alerts, truncatedCount: 0 };
}

/** What an application keeps: throws when the feed does not fit what it knows. */
export class Replica {
  readonly held = new Map<string, LiveDecision>();
  epoch = '';
  seq = 0;
  snapshotCount = 0;

  take(message: FeedMessage): void {
    switch (message.type) {
      case 'hello':
        this.epoch = message.epoch;
        return;
      case 'snapshot':
        if (message.isFirst) this.held.clear();
        if (message.isFirst) this.snapshotCount++;
        this.seq = message.seq;
        for (const decision of message.decisions) this.held.set(keyOf(decision), decision);
        return;
      case 'delta':
        if (message.seq !== this.seq + 1) throw new Error(`gap: got ${message.seq} after ${this.seq}`);
        this.seq = message.seq;
        for (const decision of message.put) this.held.set(keyOf(decision), decision);
        for (const key of message.drop) this.held.delete(keyOf(key));
        return;
      case 'digest':
        if (message.seq !== this.seq || message.count !== this.held.size || message.digest !== this.digest())
          throw new Error('the digest is not that of the replica');
        return;
      case 'settings':
    }
  }

  digest(): number {
    return [...this.held.values()].reduce((sum, decision) => (sum ^ digestOf(decision)) >>> 0, 0);
  }

  ids(): string[] {
    return [...this.held.values()].map(({ id }) => id).toSorted();
  }
}

/** Yields to nobody: in virtual time slices have no length. */
const NO_SLICES: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };

export class GuardWorld {
  readonly clock: VirtualClock;
  readonly trips: string[] = [];
  metrics = createMetricsRegistry();
  activeSubjects = 0;
  guard: RunningGuardService;
  state: StateStore;
  readonly #path: string;
  readonly #random: SeededRandom;
  #life = { isOver: false };

  constructor(setup: GuardSetup, { path = ':memory:', seed = 1 } = {}) {
    this.clock = new VirtualClock({ startMs: NOW_MS, settle: settleFully });
    this.#path = path;
    this.#random = new SeededRandom(seed);
    this.state = this.#openState();
    this.guard = this.#create(setup);
  }

  static async start(
    more: Partial<GuardSettings> = {},
    policies: readonly Policy[] = [policyOf()],
    options: { path?: string; seed?: number } = {},
  ): Promise<GuardWorld> {
    const world = new GuardWorld({ settings: settingsOf(more), policies }, options);
    await world.guard.start();
    return world;
  }

  /** Another process on the same state; without `isClean` the one before was killed. */
  async restart(setup: GuardSetup, { isClean = true } = {}): Promise<void> {
    if (isClean) await this.guard.stop();
    if (this.#path !== ':memory:') {
      await this.state.close();
      this.state = this.#openState();
    }
    this.metrics = createMetricsRegistry();
    this.guard = this.#create(setup);
    await this.guard.start();
  }

  async cross(...crossings: Crossing[]): Promise<void> {
    this.guard.cross(crossings);
    await settleFully();
  }

  async alerts(...alerts: WebhookAlert[]): Promise<number> {
    const { ignoredCount } = await this.guard.webhook.handle(
      messageOf(...alerts),
      new AbortController().signal,
    );
    return ignoredCount;
  }

  holding(subject: string): LiveDecision | undefined {
    return this.guard.holding(userOf(subject));
  }

  liveSubjects(): string[] {
    return this.guard
      .live()
      .map(({ subject }) => subject)
      .toSorted();
  }

  /** The value of a sample by its text, such as `banned_users_current{ban_type="temporary"}`; NaN without it. */
  metric(name: string): number {
    const lines = [...exposeMetrics(this.metrics, 'prometheus')].join('').split('\n');
    return Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? NaN);
  }

  async close(): Promise<void> {
    await this.guard.stop();
    await this.state.close();
  }

  #openState(): StateStore {
    return openStateStore({ clock: this.clock, log: SILENT_LOG, syncs: INSTANT_SYNCS }, { path: this.#path });
  }

  #create(setup: GuardSetup): RunningGuardService {
    const { clock, metrics } = this;
    const state = this.#stateUntilKilled();
    return createGuardService(
      {
        clock,
        metrics,
        state,
        isStateShared: false,
        random: this.#random,
        log: { ...SILENT_LOG, error: (message, fields) => this.#noteTrip(message, fields) },
        slicer: NO_SLICES,
        activeSubjects: () => this.activeSubjects,
      },
      setup,
    );
  }

  #noteTrip(message: string, fields: LogFields = {}): void {
    if (message.includes('blast-radius stop')) this.trips.push(String(fields['policy']));
  }

  /** The state of one process: once it is killed, none of its writes takes effect or ends. */
  #stateUntilKilled(): StateStore {
    const life = { isOver: false };
    this.#life.isOver = true;
    this.#life = life;
    const never = new Promise<never>(() => undefined);
    const { state } = this;
    return {
      documents: {
        ...state.documents,
        write: (writes) => (life.isOver ? never : this.writeDocuments(writes)),
      },
      logs: { ...state.logs, append: (log, records) => (life.isOver ? never : this.append(log, records)) },
      leases: state.leases,
      erase: (texts) => state.erase(texts),
      mentionsOf: (texts, countMax) => state.mentionsOf(texts, countMax),
      problems: () => [],
      close: () => Promise.resolve(),
    };
  }

  /** What the guard's writes do; a test may put others in their place. */
  append: StateStore['logs']['append'] = (log, records) => this.state.logs.append(log, records);
  writeDocuments: StateStore['documents']['write'] = (writes) => this.state.documents.write(writes);
}

export function userOf(subject: string): SubjectKey {
  return { scope: 'user', subject };
}

/** The store is synchronous behind its promises: some turns of the event loop let all of them pass. */
export async function settleFully(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => void setImmediate(resolve));
}
