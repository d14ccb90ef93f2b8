/**
 * The guard of one process: counts, judges, ships, follows.
 *
 * 1. `track` folds an action into the row of its second; rows leave every `SHIP_EVERY_MS`. Who comes past half of a
 *    threshold leaves `URGENT_DELAY_MS` later, so that one burst is one batch, and then at most every `URGENT_EVERY_MS`.
 * 2. `check` asks the replica: two look-ups in Maps. Allow lists are asked only of those whom a decision names.
 * 3. Nobody waits for the network: all of it happens behind, on timers that do not keep the process alive.
 * 4. While no source of decisions is known good, each policy's `whenUnavailable` holds on top of the decisions known.
 *
 * Sketch of a check with 100,000 decisions: one probe for the subject (60 ns), one for the decision (110 ns), no
 * allocation for who may pass.
 */
import { systemClock, systemRandom, type SdkClock } from '../system/system.ts';
import { ActionFold } from './action-fold.ts';
import { ActionNames } from './action-names.ts';
import { ActionShipper } from './action-shipper.ts';
import { DecisionSources } from './decision-sources.ts';
import { createActionCounter, registerGuardMetrics, type GuardTally } from './guard-metrics.ts';
import type { GuardOptions } from './guard-options.ts';
import type { Guard, GuardStatus, TrackedAction, Verdict } from './guard.ts';
import { createHttpTransport } from './http-transport.ts';
import { SUBJECTS_CACHED_MAX, SubjectDirectory, type KnownSubject } from './known-subject.ts';
import { PolicyBook } from './policy-book.ts';
import { ServerAllowList } from './server-allow-list.ts';
import type { SubjectLike } from './subject.ts';
import { TroubleReport } from './trouble-report.ts';
import { ALLOW, localRefusal, REFUSED_AT_START, verdictOf } from './verdicts.ts';
import { ACTION_OUTCOMES, ACTION_ROWS_PER_BATCH_MAX, type ActionOutcome, type FeedSettings } from './wire.ts';

/**
 * Begins to follow the decisions at once; close it when the application ends. Throws for options that cannot be.
 *
 *     const guard = createGuard({ server: { url: 'http://127.0.0.1:8080', token }, ids: { mode: 'plain' } });
 *     const verdict = guard.attempt({ subject: userId, action: 'next_card' });
 *     if (verdict.kind === 'refuse') return sorry(verdict.ground.retryAfterMs);
 */
export function createGuard(options: GuardOptions): Guard {
  return new ProcessGuard(options);
}

// The server counts by the second.
const SHIP_EVERY_MS = 1000;
const URGENT_DELAY_MS = 3;
// At most 40 small batches a second from a process under attack; a crossing is known 25 ms later at worst.
const URGENT_EVERY_MS = 25;

class ProcessGuard implements Guard {
  readonly #clock: SdkClock;
  readonly #ids: GuardOptions['ids']['mode'];
  readonly #directory: SubjectDirectory;
  readonly #names = new ActionNames();
  readonly #fold = new ActionFold();
  readonly #shipper: ActionShipper;
  readonly #sources: DecisionSources;
  readonly #troubles: TroubleReport;
  readonly #countAction: ReturnType<typeof createActionCounter>;
  readonly #atStart: Verdict;
  readonly #tally: GuardTally = {
    allow: 0,
    slow: 0,
    challenge: 0,
    refuse: 0,
    tracked: 0,
    nameless: 0,
    late: 0,
  };
  readonly #wallMs: () => number;
  readonly #readyWaiters = new Set<(isReady: boolean) => void>();
  #feed: GuardStatus['feed'] = 'starting';
  #settings: FeedSettings | undefined;
  #policiesText = '[]';
  #book = new PolicyBook([]);
  #allowList = new ServerAllowList([]);
  #tick: { cancel(): void };
  #urgent: { cancel(): void } | undefined;
  #lastUrgentMs = -Infinity;
  #isClosed = false;

  constructor(options: GuardOptions) {
    const { clock = systemClock, random = systemRandom, server, ids, registry } = options;
    const http = server === undefined ? [] : [createHttpTransport(server, { clock, random })];
    const transports = [...http, ...(options.transports ?? [])];
    this.#clock = clock;
    this.#ids = ids.mode;
    this.#wallMs = () => clock.nowMs();
    this.#atStart = options.whenUnavailable === 'closed' ? REFUSED_AT_START : ALLOW;
    this.#directory = new SubjectDirectory({
      ids,
      allow: options.allow ?? [],
      cachedMax: options.subjectsCachedMax ?? SUBJECTS_CACHED_MAX,
    });
    this.#troubles = new TroubleReport(options.onError);
    this.#countAction = createActionCounter(options);
    this.#shipper = new ActionShipper({
      clock,
      random,
      transports,
      onFailure: (error) => this.#troubles.begin('send', 'cannot send what it counted', error),
      onArrival: () => this.#troubles.end('send'),
    });
    this.#sources = new DecisionSources({
      clock,
      transports,
      onChange: () => this.#refresh(),
      onLost: (name, error) =>
        this.#troubles.begin(`feed ${name}`, `cannot follow decisions by ${name}; those known hold`, error),
      onGood: (name) => this.#troubles.end(`feed ${name}`),
    });
    if (registry !== undefined)
      registerGuardMetrics(registry, {
        tally: this.#tally,
        status: () => this.status,
        lagMs: () => this.#sources.lagMs,
      });
    this.#tick = this.#nextTick();
    this.#sources.open();
  }

  get status(): GuardStatus {
    return {
      feed: this.#feed,
      decisionCount: this.#sources.replica.decisionCount,
      pendingRows: this.#fold.rowCount + this.#shipper.pendingRows,
      droppedRows: this.#shipper.droppedRows,
    };
  }

  track(action: TrackedAction): void {
    const subject = this.#directory.find(action.subject);
    if (subject === undefined) this.#noteNameless();
    else this.#record(subject, action, action.outcome ?? 'ok');
  }

  check(subject: SubjectLike, action?: string): Verdict {
    const known = this.#directory.find(subject);
    if (known === undefined) this.#noteNameless();
    return this.#judge(known, action);
  }

  attempt(action: Omit<TrackedAction, 'outcome'>): Verdict {
    const subject = this.#directory.find(action.subject);
    const verdict = this.#judge(subject, action.action);
    if (subject === undefined) this.#noteNameless();
    else this.#record(subject, action, verdict.kind === 'refuse' ? 'refused' : 'ok');
    return verdict;
  }

  ready(timeoutMs: number): Promise<boolean> {
    if (this.#feed === 'following') return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (isReady: boolean): void => {
        timer.cancel();
        this.#readyWaiters.delete(end);
        resolve(isReady);
      };
      const timer = this.#clock.setTimer(timeoutMs, () => end(false));
      this.#readyWaiters.add(end);
    });
  }

  flush(): Promise<void> {
    this.#shipper.ship(this.#fold.takeAll());
    return this.#shipper.flush();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tick.cancel();
    this.#urgent?.cancel();
    for (const end of this.#readyWaiters) end(false);
    await this.flush();
    this.#shipper.close();
    this.#sources.close();
  }

  #judge(subject: KnownSubject | undefined, action: string | undefined): Verdict {
    const verdict = subject === undefined ? ALLOW : this.#verdictFor(subject, action);
    this.#tally[verdict.kind]++;
    return verdict;
  }

  #verdictFor(subject: KnownSubject, action: string | undefined): Verdict {
    const decision = this.#sources.replica.find(subject, this.#wallMs);
    if (decision === undefined && this.#feed === 'following') return ALLOW;
    if (subject.isAllowed || this.#allowList.has(subject)) return ALLOW;
    if (decision !== undefined && decision.kind === 'refuse') return verdictOf(decision, this.#clock.nowMs());
    const alone = this.#feed === 'following' ? ALLOW : this.#verdictAlone(subject, action);
    if (alone.kind === 'refuse' || decision === undefined) return alone;
    return verdictOf(decision, this.#clock.nowMs());
  }

  /** While nobody is there to judge but this process. */
  #verdictAlone(subject: KnownSubject, action: string | undefined): Verdict {
    if (this.#settings === undefined) return this.#atStart;
    const name = action === undefined ? undefined : this.#names.actionOf(action);
    const refusal = this.#book.findRefusal(subject, name, this.#clock.monotonicMs());
    return refusal === undefined ? ALLOW : localRefusal(refusal);
  }

  #record(subject: KnownSubject, tracked: TrackedAction, outcome: ActionOutcome): void {
    const action = this.#names.actionOf(tracked.action);
    const source = tracked.source === undefined ? 'app' : this.#names.sourceOf(tracked.source) || 'app';
    // One wrong word would make the server refuse the whole batch.
    if (action === '' || !ACTION_OUTCOMES.includes(outcome)) return this.#noteNameless();
    if (this.#isClosed) {
      this.#tally.late++;
      return;
    }
    const nowMs = this.#clock.monotonicMs();
    this.#tally.tracked++;
    this.#fold.add(subject, action, source, outcome, nowMs);
    this.#countAction?.(action, source, subject.scope === 'user' ? subject.keys[0] : undefined);
    if (this.#book.count(subject, { action, source, outcome }, nowMs)) {
      this.#fold.markUrgent(subject);
      if (this.#urgent === undefined) this.#hurry(nowMs);
    }
    if (this.#fold.rowCount >= ACTION_ROWS_PER_BATCH_MAX) this.#shipper.ship(this.#fold.takeAll());
  }

  #hurry(nowMs: number): void {
    const delayMs = Math.max(URGENT_DELAY_MS, this.#lastUrgentMs + URGENT_EVERY_MS - nowMs);
    this.#urgent = this.#clock.setTimer(delayMs, () => {
      this.#urgent = undefined;
      this.#lastUrgentMs = this.#clock.monotonicMs();
      this.#shipper.ship(this.#fold.takeUrgent());
    });
  }

  #nextTick(): { cancel(): void } {
    return this.#clock.setTimer(SHIP_EVERY_MS, () => {
      this.#shipper.ship(this.#fold.takeAll());
      this.#refresh();
      this.#tick = this.#nextTick();
    });
  }

  /** Takes over how the sources stand now. */
  #refresh(): void {
    this.#feed = this.#sources.evaluate();
    const { settings, leftOutCount } = this.#sources.replica;
    if (settings !== undefined && settings !== this.#settings) this.#takeSettings(settings);
    if (leftOutCount > 0)
      this.#troubles.begin(
        'cap',
        `holds too many decisions: ${leftOutCount} beyond DECISIONS_MAX are not enforced`,
      );
    else this.#troubles.end('cap');
    if (this.#feed === 'stale')
      this.#troubles.begin(
        'stale',
        "has no source of decisions that answers: each policy's when_unavailable holds",
      );
    if (this.#feed !== 'following') return;
    this.#troubles.end('stale');
    for (const end of this.#readyWaiters) end(true);
  }

  #takeSettings(settings: FeedSettings): void {
    this.#settings = settings;
    this.#allowList = new ServerAllowList(settings.allow);
    // Each new connection repeats the settings; what was counted stays as long as they say the same.
    const text = JSON.stringify(settings.policies);
    if (text !== this.#policiesText) this.#book = new PolicyBook(settings.policies);
    this.#book.processes = Math.max(1, settings.processes ?? 1);
    this.#policiesText = text;
    if (settings.ids === this.#ids) this.#troubles.end('ids');
    else
      this.#troubles.begin(
        'ids',
        `uses ids of mode "${this.#ids}", the server expects "${settings.ids}": decisions will not be found`,
      );
  }

  #noteNameless(): void {
    this.#tally.nameless++;
  }
}
