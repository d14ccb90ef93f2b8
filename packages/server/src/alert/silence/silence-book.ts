/**
 * The silences in force, on disk and in memory.
 *
 * 1. A change is durable before it is visible: what somebody saw muted stays muted after a kill.
 * 2. Every change is appended to a history: who silenced what, when, and what it was before. The silence
 *    itself is what counts: a change that a kill or a full disk kept out of the history is told from it.
 * 3. An expired silence is kept for the retention, so that people can see it and put it in force again;
 *    its history is kept for longer, for those who ask afterwards.
 */
import type { Clock, Labels, Random } from '@vedette/model';
import { z } from 'zod';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import type { DocumentWrite, StateStore } from '../../store/state/port.ts';
import type { Log } from '../../telemetry/log.ts';
import { BoundedLog } from '../history/bounded-log.ts';
import { createAlertMatcher } from '../matchers/matcher.ts';
import { ALERT_PIPELINE_LIMITS, type AlertPipelineLimits } from '../pipeline-limits.ts';
import { SilenceChains } from './silence-chains.ts';
import { SilenceIndex } from './silence-index.ts';
import {
  expireSilence,
  planSilence,
  silenceStateAt,
  type Silence,
  type SilenceDraft,
  type SilenceLimits,
  type SilenceState,
} from './silence.ts';

const SILENCES = 'silences';

/** The state store takes 500 writes at once; what is left goes at the next round. */
const WRITES_PER_CALL_MAX = 500;

/** Who silenced what is asked for until the last review of the quarter. */
const HISTORY_RETENTION_MS = 90 * 24 * 3_600_000;

/** At about 400 bytes each 20 MB: a program that edits a silence every minute fills that in a month. */
const HISTORY_RECORDS_MAX = 50_000;

/** The newest events of one silence that are shown; an edit an hour for as long as it is kept. */
const HISTORY_EVENTS_MAX = 1000;

/** Read at once: a slice of some 3 ms. */
const HISTORY_PAGE_RECORDS = 200;

const silenceDocument = z.object({
  id: z.string(),
  matchers: z.array(z.object({ name: z.string(), op: z.enum(['=', '!=', '=~', '!~']), value: z.string() })),
  startsAtMs: z.number(),
  endsAtMs: z.number(),
  updatedAtMs: z.number(),
  createdBy: z.string(),
  comment: z.string(),
  replaces: z.string().optional(),
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
  readonly log: Log;
}

/** `retentionMs`: how long an expired silence is kept. */
type SilenceBookLimits = SilenceLimits & Pick<AlertPipelineLimits, 'retentionMs'>;

export class SilenceBook {
  readonly #deps: SilenceBookDeps;
  readonly #limits: SilenceBookLimits;
  readonly #history: BoundedLog;
  readonly #index = new SilenceIndex();
  #changing: Promise<unknown> = Promise.resolve();

  constructor(deps: SilenceBookDeps, limits: SilenceBookLimits = ALERT_PIPELINE_LIMITS) {
    this.#deps = deps;
    this.#limits = limits;
    this.#history = new BoundedLog(deps, {
      name: 'silence_history',
      retentionMs: HISTORY_RETENTION_MS,
      recordsMax: HISTORY_RECORDS_MAX,
      complaint: 'a change of a silence is in force, but cannot be written into the history of silences',
    });
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

  /** How many are kept, by state. */
  counts(): Readonly<Record<SilenceState, number>> {
    const counts = { pending: 0, active: 0, expired: 0 };
    const nowMs = this.#deps.clock.nowMs();
    for (const silence of this.#index.all()) counts[silenceStateAt(silence, nowMs)]++;
    return counts;
  }

  /** Ids of the active silences that match an alert. */
  activeFor(fingerprint: string, labels: Labels, atMs: number): readonly string[] {
    return this.#index.activeFor(fingerprint, labels, atMs).map(({ id }) => id);
  }

  /** The alert is gone. */
  forget(fingerprint: string): void {
    this.#index.forget(fingerprint);
  }

  /** Lets go in memory of silences that speak of somebody. */
  async drop(speaks: (value: unknown) => boolean): Promise<void> {
    await this.#inTurn(() => {
      const gone = this.all().filter((silence) => speaks(documentOf(silence)));
      for (const { id } of gone) this.#index.remove(id);
      return Promise.resolve();
    });
  }

  /**
   * What happened to a silence and to those whose place it took or that took its place, the oldest first; at
   * most the newest 1,000 events. Empty: no silence has or had this id, as far back as the history goes.
   */
  async history(id: string): Promise<readonly SilenceEvent[]> {
    const chains = new SilenceChains<z.infer<typeof silenceDocument>>();
    const slicer = new TimeSlicer(this.#deps.clock);
    for (let afterSeq = 0; ;) {
      const request = { direction: 'forward', afterSeq, limit: HISTORY_PAGE_RECORDS } as const;
      const page = await this.#history.read(request);
      for (const { atMs, value } of page) chains.add({ ...eventDocument.parse(value), atMs });
      afterSeq = page.at(-1)?.seq ?? afterSeq;
      if (page.length === 0) break;
      await slicer.yield();
    }
    for (const silence of this.#index.all()) chains.complete(documentOf(silence));
    return chains
      .eventsOf(id)
      .slice(-HISTORY_EVENTS_MAX)
      .map(({ atMs, kind, silence }) => ({ atMs, kind, silence: silenceOf(silence) }));
  }

  /** Lets go of what expired before the retention. */
  async collect(): Promise<void> {
    const beforeMs = this.#deps.clock.nowMs() - this.#limits.retentionMs;
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
    await this.#history.append(
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
