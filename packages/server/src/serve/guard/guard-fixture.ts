/** For tests: a guard in memory, with the answers and errors that the port promises, and no judgement of its own. */
import { InputError, SeededRandom, type Clock } from '@vedette/model';
import { digestOf, type FeedMessage, type LiveDecision, type SubjectKey } from '@vedette/sdk';
import type {
  Appeals,
  BanRequest,
  Decision,
  DecisionEvent,
  DecisionQuery,
  DecisionView,
  ErasedCounts,
  GuardService,
  PolicyStatus,
  Reviewer,
} from '../../respond/index.ts';

interface Kept {
  readonly decision: Decision;
  readonly events: DecisionEvent[];
  grade: Decision['grade'];
  untilMs: number | null;
  isLifted: boolean;
}

export class FakeGuard implements GuardService {
  readonly webhook = {
    name: 'guard',
    source: 'user-behavior',
    handle: () => Promise.resolve({ ignoredCount: 0 }),
  };
  allow: readonly string[] = [];
  /** Further ones are listed, too. */
  readonly waiting: DecisionView[] = [];
  readonly #clock: Clock;
  readonly #random = new SeededRandom(5);
  readonly #kept = new Map<string, Kept>();
  readonly #listeners = new Set<(message: FeedMessage) => void>();
  readonly #links = new Map<string, { readonly id: string; isUsed: boolean }>();
  readonly #modes = new Map<string, PolicyStatus['mode']>([['per-minute', 'enforce']]);
  #seq = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  cross(): void {}

  readonly feed: GuardService['feed'] = ((guard: FakeGuard) => ({
    epoch: 'e1',
    get seq() {
      return guard.#seq;
    },
    settings: () => ({ ids: 'plain' as const, policies: [], allow: guard.allow }),
    subscribe: (listener: (message: FeedMessage) => void) => {
      guard.#listeners.add(listener);
      return () => void guard.#listeners.delete(listener);
    },
    follow: (since: { epoch: string; seq: number } | undefined, signal: AbortSignal) =>
      guard.#follow(since, signal),
  }))(this);

  holding(key: SubjectKey): LiveDecision | undefined {
    return this.live().find(({ scope, subject }) => scope === key.scope && subject === key.subject);
  }

  live(): readonly LiveDecision[] {
    return [...this.#kept.values()].filter((one) => this.#stateOf(one) === 'live').map(liveOf);
  }

  decisions({ subject, policy, isLive, limit }: DecisionQuery): Promise<readonly DecisionView[]> {
    const views = [...this.#kept.values()]
      .map((one) => this.#viewOf(one))
      .toReversed()
      .filter(
        ({ decision, state }) =>
          (subject === undefined ||
            (subject.scope === decision.scope && subject.subject === decision.subject)) &&
          (policy === undefined || policy === decision.policy) &&
          (isLive !== true || state === 'live'),
      );
    return Promise.resolve(views.slice(0, limit));
  }

  find(id: string): Promise<DecisionView | undefined> {
    const one = this.#kept.get(id);
    return Promise.resolve(one === undefined ? undefined : this.#viewOf(one));
  }

  ban({ scope, subject, kind = 'refuse', untilMs, by, reason }: BanRequest): Promise<Decision> {
    const atMs = this.#clock.nowMs();
    const grade = untilMs === null ? 'permanent' : 'temporary';
    const decision: Decision = {
      id: this.#random.uuid(),
      scope,
      subject,
      kind,
      grade,
      level: 1,
      madeAtMs: atMs,
      untilMs,
      reason,
      policy: 'person',
      policyVersion: '1',
      mode: 'enforce',
      isEnforced: true,
      evidence: {
        kind: 'person',
        by,
      },
    };
    const events: DecisionEvent[] = [{ kind: 'made', atMs, decision }];
    const kept: Kept = { decision, events, grade, untilMs, isLifted: false };
    this.#kept.set(decision.id, kept);
    this.#say({ put: [liveOf(kept)], drop: [] });
    return Promise.resolve(decision);
  }

  lift(id: string, by: Reviewer): Promise<void> {
    return this.#change(id, (kept, atMs) => {
      kept.isLifted = true;
      kept.events.push({ kind: 'lifted', atMs, id, ...by });
      const { scope, subject } = kept.decision;
      this.#say({ put: [], drop: [{ scope, subject }] });
    });
  }

  extend(id: string, untilMs: number, by: Reviewer): Promise<void> {
    return this.#regrade(id, 'extended', untilMs, by);
  }

  makePermanent(id: string, by: Reviewer): Promise<void> {
    return this.#regrade(id, 'permanent', null, by);
  }

  approve(id: string, by: Reviewer): Promise<void> {
    return this.#change(id, ({ events }, atMs) => events.push({ kind: 'approved', atMs, id, ...by }));
  }

  async reviews(): Promise<readonly DecisionView[]> {
    const all = await this.decisions({ limit: 1000 });
    return [...this.waiting, ...all.filter(({ events }) => events.some(({ kind }) => kind === 'appealed'))];
  }

  policies(): readonly PolicyStatus[] {
    return [...this.#modes].map(([name, mode]) => ({
      name,
      version: '1',
      mode,
      configuredMode: 'enforce' as const,
      tripped: undefined,
      brake: { usedCount: 4, allowedCount: 20, windowMs: 600_000, minuteCount: 1, minuteMax: 120 },
      decisionCount: 3,
      enforcedCount: 2,
      rightCount: 1,
      wrongCount: 1,
      precision: 0.5,
    }));
  }

  setMode(policy: string, mode: PolicyStatus['mode']): Promise<void> {
    if (!this.#modes.has(policy)) return Promise.reject(notFound(`policy ${JSON.stringify(policy)}`));
    this.#modes.set(policy, mode);
    return Promise.resolve();
  }

  readonly appeals: Appeals = {
    issue: (id) => {
      if (!this.#kept.has(id)) return Promise.reject(notFound(id));
      const token = `t-${this.#links.size}`;
      this.#links.set(token, { id, isUsed: false });
      return Promise.resolve(token);
    },
    look: async (token) => {
      const view = await this.find(this.#linkOf(token).id);
      if (view === undefined) throw notFound(token);
      return view;
    },
    submit: async (token, text) => {
      const link = this.#linkOf(token);
      await this.#change(link.id, ({ events }, atMs) =>
        events.push({ kind: 'appealed', atMs, id: link.id, text }),
      );
      link.isUsed = true;
    },
  };

  erase(): Promise<ErasedCounts> {
    return Promise.resolve({ decisions: 0, records: 0 });
  }

  exportOf(): Promise<readonly DecisionView[]> {
    return Promise.resolve([]);
  }

  #linkOf(token: string): { readonly id: string; isUsed: boolean } {
    const link = this.#links.get(token);
    if (link === undefined) throw new InputError('VED_GUARD_INVALID', 'cannot take the link: it is forged');
    if (link.isUsed) throw new InputError('VED_GUARD_LINK_SPENT', 'cannot take the link: it was used');
    return link;
  }

  async #regrade(id: string, grade: Decision['grade'], untilMs: number | null, by: Reviewer): Promise<void> {
    await this.#change(id, (kept, atMs) => {
      kept.grade = grade;
      kept.untilMs = untilMs;
      kept.events.push({ kind: 'changed', atMs, id, ...by, grade, untilMs });
      this.#say({ put: [liveOf(kept)], drop: [] });
    });
  }

  #change(id: string, apply: (kept: Kept, atMs: number) => void): Promise<void> {
    const kept = this.#kept.get(id);
    if (kept === undefined) return Promise.reject(notFound(`decision ${JSON.stringify(id)}`));
    apply(kept, this.#clock.nowMs());
    return Promise.resolve();
  }

  #stateOf({ isLifted, untilMs }: Kept): DecisionView['state'] {
    if (isLifted) return 'lifted';
    return untilMs !== null && untilMs <= this.#clock.nowMs() ? 'expired' : 'live';
  }

  #viewOf(kept: Kept): DecisionView {
    const { decision, grade, untilMs, events } = kept;
    return { decision, grade, untilMs, state: this.#stateOf(kept), events: [...events] };
  }

  #say(change: { readonly put: readonly LiveDecision[]; readonly drop: readonly SubjectKey[] }): void {
    const message: FeedMessage = { type: 'delta', seq: ++this.#seq, ...change };
    for (const listener of this.#listeners) listener(message);
  }

  async *#follow(
    since: { epoch: string; seq: number } | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<FeedMessage> {
    const { epoch, seq } = this.feed;
    const queue: FeedMessage[] = [{ type: 'hello', epoch, seq, settings: this.feed.settings() }];
    const decisions = this.live();
    if (since?.epoch !== epoch || since.seq !== seq)
      queue.push({ type: 'snapshot', epoch, seq, isFirst: true, isLast: true, decisions });
    queue.push({ type: 'digest', seq, count: decisions.length, digest: xorOf(decisions) });
    let wake = Promise.withResolvers<void>();
    const stop = this.feed.subscribe((message) => {
      queue.push(message);
      wake.resolve();
    });
    signal.addEventListener('abort', () => wake.resolve());
    try {
      for (;;) {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) yield next;
        if (signal.aborted) return;
        await wake.promise;
        wake = Promise.withResolvers();
      }
    } finally {
      stop();
    }
  }

  /** Followers that are connected now, and other listeners. */
  get listenerCount(): number {
    return this.#listeners.size;
  }
}

function liveOf({ decision, grade, untilMs }: Kept): LiveDecision {
  const { id, scope, subject, kind, level, madeAtMs, reason, policy } = decision;
  return { id, scope, subject, kind, grade, level, madeAtMs, untilMs, reason, policy };
}

function xorOf(decisions: readonly LiveDecision[]): number {
  return decisions.reduce((digest, one) => (digest ^ digestOf(one)) >>> 0, 0);
}

function notFound(what: string): InputError {
  return new InputError(
    'VED_GUARD_NOT_FOUND',
    `cannot find ${what}: the guard has no such decision or policy`,
  );
}
