/**
 * The silences in force, on disk and in memory.
 *
 * 1. A change is durable before it is visible: what somebody saw muted stays muted after a kill.
 * 2. Every change is appended to a history: who silenced what, when, and what it was before.
 * 3. An expired silence is kept for the retention, so that people can see it and put it in force again.
 */
import type { Clock, Labels, Random } from '@vedette/model';
import { z } from 'zod';
import type { DocumentWrite, StateStore } from '../../store/state/port.ts';
import { createAlertMatcher } from '../matchers/matcher.ts';
import { SilenceIndex } from './silence-index.ts';
import {
  expireSilence,
  planSilence,
  silenceStateAt,
  type Silence,
  type SilenceDraft,
  type SilenceLimits,
} from './silence.ts';

const SILENCES = 'silences';
const HISTORY = 'silence_history';

/** Alertmanager's --data.retention. */
export const SILENCE_RETENTION_MS = 120 * 3_600_000;

/** The state store takes 500 writes at once; what is left goes at the next round. */
const WRITES_PER_CALL_MAX = 500;

/** Pages of the history of one silence; an edit an hour for as long as it is kept. */
const HISTORY_EVENTS_MAX = 1000;

const silenceDocument = z.object({
  id: z.string(),
  matchers: z.array(z.object({ name: z.string(), op: z.enum(['=', '!=', '=~', '!~']), value: z.string() })),
  startsAtMs: z.number(),
  endsAtMs: z.number(),
  updatedAtMs: z.number(),
  createdBy: z.string(),
  comment: z.string(),
});
const eventDocument = z.object({ kind: z.enum(['created', 'updated', 'expired']), silence: silenceDocument });

export interface SilenceEvent {
  readonly atMs: number;
  readonly kind: 'created' | 'updated' | 'expired';
  /** As it was from then on. */
  readonly silence: Silence;
}

export interface SilenceBookDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly state: StateStore;
}

export class SilenceBook {
  readonly #deps: SilenceBookDeps;
  readonly #limits: SilenceLimits;
  readonly #index = new SilenceIndex();
  #changing: Promise<unknown> = Promise.resolve();

  /** `limits` are Alertmanager's; without them none. */
  constructor(deps: SilenceBookDeps, limits: SilenceLimits = { silencesMax: 0, silenceBytesMax: 0 }) {
    this.#deps = deps;
    this.#limits = limits;
  }

  async load(): Promise<void> {
    for (const { value } of await this.#deps.state.documents.list(SILENCES))
      this.#index.put(silenceOf(value));
  }

  /**
   * Makes or changes a silence; returns the id it has from now on, another one where the change would
   * rewrite what was silenced. Rejects with `InputError` in the words of Alertmanager's API, or with the
   * state store's error; then nothing changed.
   */
  async set(draft: SilenceDraft): Promise<string> {
    return await this.#inTurn(async () => {
      const { clock, random } = this.#deps;
      const change = planSilence(draft, {
        known: draft.id === undefined ? undefined : this.#index.get(draft.id),
        nowMs: clock.nowMs(),
        newId: random.uuid(),
        silenceCount: this.#index.size,
        limits: this.#limits,
      });
      const ended = change.kind === 'create' ? change.expired : undefined;
      const kind = change.kind === 'create' ? 'created' : 'updated';
      await this.#write([
        ...(ended === undefined ? [] : [{ kind: 'expired' as const, silence: ended }]),
        { kind, silence: change.silence },
      ]);
      return change.silence.id;
    });
  }

  /** Ends a silence now. False: no silence has this id. One that has ended is left as it is. */
  async expire(id: string): Promise<boolean> {
    return await this.#inTurn(async () => {
      const known = this.#index.get(id);
      if (known === undefined) return false;
      const ended = expireSilence(known, this.#deps.clock.nowMs());
      if (ended !== undefined) await this.#write([{ kind: 'expired', silence: ended }]);
      return true;
    });
  }

  get(id: string): Silence | undefined {
    return this.#index.get(id);
  }

  all(): readonly Silence[] {
    return [...this.#index.all()];
  }

  /** Ids of the active silences that match an alert. */
  activeFor(fingerprint: string, labels: Labels, atMs: number): readonly string[] {
    return this.#index.activeFor(fingerprint, labels, atMs).map(({ id }) => id);
  }

  /** The alert is gone. */
  forget(fingerprint: string): void {
    this.#index.forget(fingerprint);
  }

  /** What happened to a silence, the oldest first. */
  async history(id: string): Promise<readonly SilenceEvent[]> {
    const events: SilenceEvent[] = [];
    for (let afterSeq = 0; ;) {
      const page = await this.#deps.state.logs.read(HISTORY, { direction: 'forward', afterSeq, limit: 1000 });
      for (const { seq, atMs, value } of page) {
        afterSeq = seq;
        const { kind, silence } = eventDocument.parse(value);
        if (silence.id === id) events.push({ atMs, kind, silence: silenceOf(silence) });
      }
      if (page.length === 0 || events.length >= HISTORY_EVENTS_MAX) return events;
    }
  }

  /** Lets go of what expired before the retention. */
  async collect(): Promise<void> {
    const beforeMs = this.#deps.clock.nowMs() - SILENCE_RETENTION_MS;
    const gone = this.all().filter(
      (silence) => silence.endsAtMs < beforeMs && silenceStateAt(silence, beforeMs) === 'expired',
    );
    if (gone.length === 0) return;
    await this.#inTurn(async () => {
      await this.#deps.state.documents.write(
        gone
          .slice(0, WRITES_PER_CALL_MAX)
          .map(({ id }) => ({ kind: 'delete', collection: SILENCES, key: id })),
      );
      for (const { id } of gone.slice(0, WRITES_PER_CALL_MAX)) this.#index.remove(id);
      await this.#deps.state.logs.trim(HISTORY, beforeMs);
    });
  }

  async #write(events: readonly Omit<SilenceEvent, 'atMs'>[]): Promise<void> {
    const { state, clock } = this.#deps;
    const atMs = clock.nowMs();
    const writes = events.map(({ silence }): DocumentWrite => ({
      kind: 'put',
      collection: SILENCES,
      key: silence.id,
      value: documentOf(silence),
    }));
    await state.documents.write(writes);
    for (const { silence } of events) this.#index.put(silence);
    await state.logs.append(
      HISTORY,
      events.map(({ kind, silence }) => ({ atMs, value: { kind, silence: documentOf(silence) } })),
    );
  }

  async #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#changing.then(change);
    this.#changing = turn.catch(() => undefined);
    return await turn;
  }
}

function documentOf(silence: Silence): z.infer<typeof silenceDocument> {
  return { ...silence, matchers: silence.matchers.map(({ name, op, value }) => ({ name, op, value })) };
}

function silenceOf(document: unknown): Silence {
  const { matchers, ...silence } = silenceDocument.parse(document);
  return { ...silence, matchers: matchers.map(({ name, op, value }) => createAlertMatcher(name, op, value)) };
}
