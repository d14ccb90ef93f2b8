/**
 * The decision service: from offences to decisions that hold, are told, and can be overruled.
 *
 *     crossings (detect/behaviour) ──┐                        ┌──► log on disk ──► books ──► feed ──► replicas
 *     alerts (webhook) ──────────────┼──► judge ──► journal ──┤
 *     people (API, terminal, links) ─┘                        └──► (what fails to be written does not happen)
 *
 * 1. Crossings wait in a bounded queue; a loop judges them in slices of a few milliseconds (`judge.ts`).
 * 2. What is decided is written with whatever else is decided meanwhile, in one fsync (`journal.ts`): no decision waits
 *    for a timer. While one about a subject is being written, further crossings of that subject are passed over; they
 *    are told again every second.
 * 3. Once durable it enters the books (`decision-book.ts`), and the feed tells every replica (`decision-feed.ts`). From
 *    crossing to feed that is one fsync: nothing is in force that a kill would undo, nothing acknowledged is lost.
 * 4. People decide one after the other (`people.ts`). Every decision is an event with a name and a reason.
 * 5. Ends come from one heap and one timer (`guard-keeper.ts`); `until` is absolute, and each reader's clock judges it.
 *
 * Limits are named where they are. For one decision: 1.2 kB of memory, 700 bytes of log, 0.1 ms of a core, most of it
 * SQLite's. From crossing to feed 1 ms on an idle disk; while 100,000 come, 20 to 40 ms. A start with 100,000 live ones
 * takes 3 s on a busy machine, sliced.
 *
 * Rejected: telling the feed before the fsync. It saves 2 ms of 100, and after a kill applications would enforce what
 * nobody can find or lift. Rejected: one timer per decision, which at 30 days overflows, and at 100,000 costs 20 MB.
 */
import { InputError, type Clock, type Random, type Slicer } from '@vedette/model';
import type { FeedSettings, LiveDecision, MetricsRegistry, PolicySummary, SubjectKey } from '@vedette/sdk';
import type { Crossing, Policy, PolicyMode } from '../../detect/index.ts';
import type { WebhookHandler } from '../../alert/index.ts';
import { ERASED_TEXTS_MAX, type StateStore } from '../../store/state/port.ts';
import type { Log } from '../../telemetry/log.ts';
import { createAlertWebhook } from './alert-webhook.ts';
import { AllowList } from './allow-list.ts';
import { createAppeals } from './appeals.ts';
import type { GuardSettings } from './config.ts';
import { alertKeyOf } from './decision-book.ts';
import { Feed } from './decision-feed.ts';
import { holdsAt, viewOf, type DecisionRecord } from './decision-record.ts';
import type { Decision } from './decision.ts';
import { GuardKeeper } from './guard-keeper.ts';
import { createGuardMetrics, type GuardMetrics, type PassedOver } from './guard-metrics.ts';
import { BY_ALERT, type GuardEvent } from './guard-event.ts';
import { readHistory } from './history.ts';
import { Judge, offenceOf, type Offence, type PassReason } from './judge.ts';
import { People, requireReviewer, unknownDecision } from './people.ts';
import { PolicyBook, type PolicyEntry } from './policy-book.ts';
import type {
  Appeals,
  BanRequest,
  DecisionFeed,
  DecisionQuery,
  DecisionView,
  ErasedCounts,
  GuardService,
  PolicyStatus,
  Reviewer,
} from './port.ts';
import { keyOf } from './subject-key.ts';

/** Ten times the 10,000 of one bad moment; beyond it crossings are dropped, and told again a second later. */
export const CROSSINGS_WAITING_MAX = 100_000;

/** Decisions in one write: what one call of the state store takes. */
const DECISIONS_PER_WRITE = 500;

/** A page, or a whole export of a small site. */
export const DECISIONS_PER_QUERY_MAX = 1000;

export interface GuardServiceDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  readonly state: StateStore;
  /** Whether other servers may write to it: then their decisions hold here, too. */
  readonly isStateShared: boolean;
  readonly slicer: Slicer;
  /** Subjects that did anything lately, for the blast-radius stop; 0 when nobody knows. No I/O. */
  readonly activeSubjects: () => number;
}

export interface GuardSetup {
  readonly policies: readonly Policy[];
  readonly settings: GuardSettings;
}

export interface RunningGuardService extends GuardService {
  /** Reads what is known. Everything but `cross` wants it done. */
  start(): Promise<void>;
  /** Writes what waits and lets go of timers and followers. */
  stop(): Promise<void>;
  /** Takes another configuration at once. */
  apply(setup: GuardSetup): void;
}

export function createGuardService(deps: GuardServiceDeps, setup: GuardSetup): RunningGuardService {
  return new Service(deps, setup);
}

class Service implements RunningGuardService {
  readonly webhook: WebhookHandler;
  readonly feed: DecisionFeed;
  readonly appeals: Appeals;
  readonly #deps: GuardServiceDeps;
  readonly #feed: Feed;
  readonly #keeper: GuardKeeper;
  readonly #policies = new PolicyBook();
  readonly #judge: Judge;
  readonly #people: People;
  readonly #metrics: GuardMetrics;
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #erasing = new Set<string>();
  #setup: GuardSetup;
  #crossings: Crossing[] = [];
  #state: 'new' | 'running' | 'stopped' = 'new';
  #judging: Promise<void> = Promise.resolve();
  #isJudging = false;

  constructor(deps: GuardServiceDeps, setup: GuardSetup) {
    const { clock, random, log } = deps;
    this.#deps = deps;
    this.#setup = setup;
    this.#policies.apply(setup.policies, setup.settings);
    this.#metrics = createGuardMetrics(deps.metrics, this.#counts());
    const onCutOff = (): void => this.#metrics.followerCutOff();
    this.#feed = new Feed({ clock, random, log, onCutOff }, this.#feedSettings());
    this.feed = this.#feed;
    this.#keeper = new GuardKeeper(
      {
        ...deps,
        policies: this.#policies,
        feed: this.#feed,
        onCommitted: (event, isOwn) => this.#onCommitted(event, isOwn),
        onWriteFailed: () => this.#metrics.writeFailed(),
      },
      timesOf(setup.settings),
    );
    const { book } = this.#keeper;
    this.#judge = new Judge({ ...deps, book, policies: this.#policies }, setup.settings);
    this.#people = new People({
      clock,
      random,
      book,
      commit: (events) => this.#keeper.commit(events),
      find: (id) => this.find(id),
      isAllowed: (request) => new AllowList(this.#setup.settings.allow).has(request),
    });
    this.appeals = this.#createAppeals();
    this.webhook = createAlertWebhook({
      log,
      settings: () => this.#setup.settings.webhook,
      decide: (offence) => this.#decideAlert(offence),
      liftOf: (offence) => this.#liftOf(offence),
      onAlert: (outcome) => this.#metrics.alertTaken(outcome),
    });
  }

  async start(): Promise<void> {
    await this.#keeper.start();
    this.#state = 'running';
    this.#feed.applySettings(this.#feedSettings());
    this.#judgeWaiting();
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    await this.#judging;
    await this.#keeper.stop();
    this.#feed.close();
  }

  apply(setup: GuardSetup): void {
    this.#setup = setup;
    this.#policies.apply(setup.policies, setup.settings);
    this.#judge.apply(setup.settings);
    const times = timesOf(setup.settings);
    this.#keeper.book.times = times;
    this.#keeper.retentionMs = times.retentionMs;
    this.#feed.applySettings(this.#feedSettings());
  }

  cross(crossings: readonly Crossing[]): void {
    const room = CROSSINGS_WAITING_MAX - this.#crossings.length;
    for (const crossing of crossings.slice(0, room)) this.#crossings.push(crossing);
    for (let dropped = Math.max(0, crossings.length - room); dropped > 0; dropped--)
      this.#metrics.passedOver('full');
    this.#judgeWaiting();
  }

  holding(key: SubjectKey): LiveDecision | undefined {
    return this.#keeper.book.liveFor(key, this.#deps.clock.nowMs());
  }

  live(): readonly LiveDecision[] {
    const nowMs = this.#deps.clock.nowMs();
    return this.#feed.live.all().filter(({ untilMs }) => untilMs === null || untilMs > nowMs);
  }

  async decisions(query: DecisionQuery): Promise<readonly DecisionView[]> {
    const { limit } = query;
    if (!Number.isInteger(limit) || limit < 1 || limit > DECISIONS_PER_QUERY_MAX)
      throw invalid(`cannot list decisions: limit must be 1 to ${DECISIONS_PER_QUERY_MAX}; got ${limit}`);
    const nowMs = this.#deps.clock.nowMs();
    if (query.isLive === true) return this.#liveViews(query, nowMs);
    const views: DecisionView[] = [];
    for await (const record of readHistory(this.#deps, (decision) => isWanted(decision, query))) {
      const view = viewOf(record, nowMs);
      if (query.isLive === undefined || view.state !== 'live') views.push(view);
      if (views.length >= limit) break;
    }
    return views;
  }

  async find(id: string): Promise<DecisionView | undefined> {
    const nowMs = this.#deps.clock.nowMs();
    const record = this.#keeper.book.records.get(id);
    if (record !== undefined) return viewOf(record, nowMs);
    for await (const past of readHistory(this.#deps, (decision) => decision.id === id))
      return viewOf(past, nowMs);
    return undefined;
  }

  async ban(request: BanRequest): Promise<Decision> {
    return await this.#people.ban(request);
  }

  async lift(id: string, by: Reviewer): Promise<void> {
    await this.#people.lift(id, by);
  }

  async extend(id: string, untilMs: number, by: Reviewer): Promise<void> {
    await this.#people.extend(id, untilMs, by);
  }

  async makePermanent(id: string, by: Reviewer): Promise<void> {
    await this.#people.makePermanent(id, by);
  }

  async approve(id: string, by: Reviewer): Promise<void> {
    await this.#people.approve(id, by);
  }

  async reviews(): Promise<readonly DecisionView[]> {
    const nowMs = this.#deps.clock.nowMs();
    return this.#keeper.book.waiting().map((record) => viewOf(record, nowMs));
  }

  policies(): readonly PolicyStatus[] {
    return this.#policies.entries().map((entry) => this.#statusOf(entry));
  }

  async setMode(policy: string, mode: PolicyMode, { by, reason }: Reviewer): Promise<void> {
    requireReviewer({ by, reason });
    await this.#people.alone(async () => {
      const entry = this.#policies.find(policy);
      if (entry === undefined)
        throw new InputError(
          'VED_GUARD_NOT_FOUND',
          `cannot find policy "${policy.slice(0, 80)}": there is none`,
        );
      const { configuration, configuredMode } = entry;
      await this.#keeper.commit([
        {
          kind: 'mode',
          atMs: this.#deps.clock.nowMs(),
          policy,
          configuration,
          ...(mode === configuredMode ? {} : { mode }),
          by,
          reason,
          isTrip: false,
        },
      ]);
    });
  }

  async erase(keys: readonly SubjectKey[]): Promise<ErasedCounts> {
    const texts = keys.map(keyOf);
    for (const text of texts) this.#erasing.add(text);
    try {
      return await this.#people.alone(async () => {
        this.#crossings = this.#crossings.filter((crossing) => !this.#erasing.has(keyOf(crossing)));
        await this.#keeper.idle();
        // Later events name the decision alone, and may have a person's words in them.
        const ids = (await this.exportOf(keys)).map(({ decision }) => decision.id);
        await this.#keeper.forget(keys);
        let records = 0;
        const all = [...new Set([...keys.map(({ subject }) => subject), ...ids])];
        for (let i = 0; i < all.length; i += ERASED_TEXTS_MAX)
          records += await this.#deps.state.erase(all.slice(i, i + ERASED_TEXTS_MAX));
        return { decisions: ids.length, records };
      });
    } finally {
      for (const text of texts) this.#erasing.delete(text);
    }
  }

  async exportOf(keys: readonly SubjectKey[]): Promise<readonly DecisionView[]> {
    const nowMs = this.#deps.clock.nowMs();
    const wanted = new Set(keys.map(keyOf));
    const views = new Map<string, DecisionView>();
    for await (const record of readHistory(this.#deps, (decision) => wanted.has(keyOf(decision))))
      views.set(record.decision.id, viewOf(record, nowMs));
    // What was trimmed from the log and still holds.
    for (const record of keys.flatMap((key) => this.#keeper.book.recordsOf(key)))
      if (!views.has(record.decision.id)) views.set(record.decision.id, viewOf(record, nowMs));
    return [...views.values()];
  }

  #judgeWaiting(): void {
    if (this.#state === 'running' && !this.#isJudging) this.#judging = this.#judgeAll();
  }

  async #judgeAll(): Promise<void> {
    const { slicer } = this.#deps;
    this.#isJudging = true;
    while (this.#crossings.length > 0) {
      const crossings = this.#crossings;
      this.#crossings = [];
      let events: GuardEvent[] = [];
      for (const crossing of crossings) {
        events.push(...this.#judgeCrossing(crossing));
        const shouldYield = slicer.shouldYield();
        if (!shouldYield && events.length < DECISIONS_PER_WRITE) continue;
        this.#writeBehind(events);
        events = [];
        if (shouldYield) await slicer.yield();
      }
      this.#writeBehind(events);
    }
    this.#isJudging = false;
  }

  /** Crossings are told again as long as they last: what cannot be written now is decided anew. */
  #writeBehind(events: readonly GuardEvent[]): void {
    for (let i = 0; i < events.length; i += DECISIONS_PER_WRITE)
      this.#write(events.slice(i, i + DECISIONS_PER_WRITE)).catch((error: unknown) => {
        this.#metrics.passedOver('unwritten');
        this.#deps.log.error('decisions cannot be written and are not in force', { error });
      });
  }

  #judgeCrossing(crossing: Crossing): readonly GuardEvent[] {
    const offence = offenceOf(crossing);
    if (offence === undefined) return [];
    const outcome = this.#judgeOffence(offence);
    if (typeof outcome !== 'string') return outcome;
    this.#metrics.passedOver(outcome);
    return [];
  }

  /** The events to write, or why there are none. */
  #judgeOffence(offence: Offence): readonly GuardEvent[] | PassedOver {
    const key = keyOf(offence);
    if (this.#inFlight.has(key) || this.#erasing.has(key)) return 'in_flight';
    const atMs = this.#deps.clock.nowMs();
    const judgement = this.#judge.judge(offence, atMs);
    if (judgement.kind === 'pass') return judgement.why;
    const { decision, isHeldBack, trip } = judgement;
    // The shipped rule VedetteGuardPolicyStopped pages; this line is for whoever has the log open.
    if (trip !== undefined)
      this.#deps.log.error('the blast-radius stop put a policy into shadow', {
        policy: trip.policy,
        reason: trip.reason,
      });
    // Until `#write` knows when it is written: the next offence of the same moment may be the same subject's.
    this.#inFlight.set(key, Promise.resolve());
    const made: GuardEvent = { kind: 'made', atMs, decision, ...(isHeldBack ? { isHeldBack } : {}) };
    return trip === undefined ? [made] : [trip, made];
  }

  async #write(events: readonly GuardEvent[]): Promise<void> {
    const keys = events.flatMap((event) => (event.kind === 'made' ? keyOf(event.decision) : []));
    const written = this.#keeper.commit(events);
    const settled = written.catch(() => undefined);
    for (const key of keys) this.#inFlight.set(key, settled);
    try {
      await written;
    } finally {
      for (const key of keys) this.#inFlight.delete(key);
    }
  }

  async #decideAlert(offence: Offence): Promise<'decided' | PassReason> {
    await this.#landed(offence);
    const outcome = this.#judgeOffence(offence);
    if (outcome === 'in_flight' || outcome === 'unwritten') return 'holds';
    if (typeof outcome === 'string') {
      this.#metrics.passedOver(outcome);
      return outcome;
    }
    await this.#write(outcome);
    return 'decided';
  }

  /** Resolves when no decision about the subject is being written. */
  async #landed(subject: SubjectKey): Promise<void> {
    const key = keyOf(subject);
    for (let written = this.#inFlight.get(key); written !== undefined; written = this.#inFlight.get(key))
      await written;
  }

  async #liftOf(offence: Offence): Promise<void> {
    await this.#landed(offence);
    await this.#people.alone(async () => {
      const { evidence } = offence;
      if (evidence.kind !== 'alert') return;
      const atMs = this.#deps.clock.nowMs();
      const events = this.#keeper.book
        .recordsOf(offence)
        .filter((record) => holdsAt(record, atMs) && isOfAlert(record, alertKeyOf(evidence)))
        .map(({ decision }): GuardEvent => ({
          kind: 'lifted',
          atMs,
          id: decision.id,
          by: BY_ALERT,
          reason: 'the alert is resolved',
        }));
      if (events.length > 0) await this.#keeper.commit(events);
    });
  }

  #onCommitted(event: GuardEvent, isOwn: boolean): void {
    if (event.kind === 'made' && isOwn) this.#metrics.decided(event.decision);
    if (event.kind === 'mode') this.#feed.applySettings(this.#feedSettings());
  }

  #createAppeals(): Appeals {
    return createAppeals({
      clock: this.#deps.clock,
      key: () => {
        const own = this.#setup.settings.appeals.key;
        return own === undefined ? this.#keeper.secret : Buffer.from(own.reveal());
      },
      settings: () => this.#setup.settings.appeals,
      find: async (id) => {
        const view = await this.find(id);
        if (view === undefined) throw unknownDecision(id);
        return view;
      },
      submit: (id, text, check) => this.#people.appeal(id, text, check),
    });
  }

  #liveViews(query: DecisionQuery, nowMs: number): readonly DecisionView[] {
    const { book } = this.#keeper;
    const candidates = query.subject === undefined ? book.records.values() : book.recordsOf(query.subject);
    const live: DecisionRecord[] = [];
    for (const record of candidates) {
      if (!record.isEnforced || !holdsAt(record, nowMs) || !isWanted(record.decision, query)) continue;
      live.push(record);
      // Sorted now and then, so that a hundred thousand cost one pass and not one sort.
      if (live.length >= 4 * query.limit) keepNewest(live, query.limit);
    }
    keepNewest(live, query.limit);
    return live.map((record) => viewOf(record, nowMs));
  }

  #statusOf(entry: PolicyEntry): PolicyStatus {
    const { name, version, configuredMode } = entry;
    const { decisionCount, enforcedCount, rightCount, wrongCount } =
      this.#keeper.book.counts.get(name) ?? NO_COUNTS;
    const trip = this.#policies.trippedOf(entry);
    const judgedCount = rightCount + wrongCount;
    return {
      name,
      version,
      mode: this.#policies.modeOf(entry),
      configuredMode,
      tripped: trip === undefined ? undefined : { atMs: trip.atMs, reason: trip.reason },
      brake: entry.brake.usage(
        this.#deps.clock.nowMs(),
        this.#deps.activeSubjects(),
        this.#setup.settings.blast_radius,
      ),
      decisionCount,
      enforcedCount,
      rightCount,
      wrongCount,
      precision: judgedCount === 0 ? undefined : rightCount / judgedCount,
    };
  }

  #feedSettings(): FeedSettings {
    const { policies, settings } = this.#setup;
    const inForce = policies.filter(({ name }) => {
      const entry = this.#policies.find(name);
      return entry !== undefined && this.#policies.modeOf(entry) === 'enforce';
    });
    return { ids: settings.ids, policies: inForce.flatMap(summaryOf), allow: settings.allow };
  }

  #counts(): Parameters<typeof createGuardMetrics>[1] {
    return {
      banned: (type) => this.#feed.live.countOf(type),
      policies: () => this.policies(),
      waitingCount: () => this.#keeper.book.waitingCount,
      openCount: () => this.#keeper.book.records.size,
      followerCount: () => this.#feed.listenerCount,
    };
  }
}

const NO_COUNTS = { decisionCount: 0, enforcedCount: 0, rightCount: 0, wrongCount: 0 };

/**
 * What an application judges by itself while nobody can be asked: numbers of actions and of errors, for whom and where
 * the policy says. A share is never judged there; of such a policy only `closed` is told. Nothing that is not in force
 * for all may limit there.
 */
function summaryOf(policy: Policy): readonly PolicySummary[] {
  const { name, scope, measure, windowMs, steps, actions, sources, whenUnavailable } = policy;
  const thresholds = steps.filter(({ decide }) => decide !== 'warn').map(({ over }) => over);
  if (thresholds.length === 0) return [];
  if (measure.kind === 'share' && whenUnavailable !== 'closed') return [];
  return [
    {
      name,
      scope,
      ...(measure.kind === 'errors' ? { measure: 'errors' } : {}),
      windowMs,
      threshold: Math.min(...thresholds),
      ...(actions.length === 0 ? {} : { actions }),
      ...(sources.length === 0 ? {} : { sources }),
      whenUnavailable,
    },
  ];
}

function timesOf({ escalation, soft_allow: softAllow, retention }: GuardSettings): {
  readonly halfLifeMs: number;
  readonly softAllowMs: number;
  readonly retentionMs: number;
} {
  return { halfLifeMs: escalation.half_life, softAllowMs: softAllow.for, retentionMs: retention };
}

function isOfAlert({ decision }: DecisionRecord, alertKey: string): boolean {
  return decision.evidence.kind === 'alert' && alertKeyOf(decision.evidence) === alertKey;
}

function isWanted(decision: Decision, { subject, policy }: DecisionQuery): boolean {
  if (subject !== undefined && keyOf(subject) !== keyOf(decision)) return false;
  return policy === undefined || policy === decision.policy;
}

function keepNewest(records: DecisionRecord[], count: number): void {
  records.sort((a, b) => b.decision.madeAtMs - a.decision.madeAtMs);
  records.length = Math.min(records.length, count);
}

function invalid(message: string): InputError {
  return new InputError('VED_GUARD_INVALID', message);
}
