/**
 * The guard before a bot's handlers, on any platform.
 *
 * 1. An event that was seen is passed over: platforms deliver again what they believe lost. One whose handler failed
 *    is handled again when it comes again, and not counted a second time.
 * 2. The ban check comes before the handler. Who is refused hears it once per level (`notice-memory.ts`), then silence;
 *    refused attempts are tracked as such and never count toward a threshold. Who is slowed waits.
 * 3. With a lock, a user's second action while the first is at work is refused: silently, or with a short notice.
 * 4. The handler runs; the action is counted with its outcome when the handler is done, or after a second: who finds a
 *    handler that hangs is counted all the same.
 * 5. Nothing of the guard's own, a platform's answer least of all, stops the bot: it goes to `onError`, and the user is
 *    served. Only what the handler throws is thrown on.
 *
 * Limits: seen events by number and age, notices, users who wait. All of them in one process: two replicas of a bot
 * behind one webhook need the platform's own order of delivery, or a lock in Redis.
 */
import { createHash } from 'node:crypto';
import type { Guard, Verdict, VerdictGround } from '../guard/guard.ts';
import { SUBJECT_ID_BYTES_MAX, type SubjectLike } from '../guard/subject.ts';
import type { ActionOutcome } from '../guard/wire.ts';
import { ExpiringMap } from '../lib/expiring-map.ts';
import { LATE, orLate } from '../lib/or-late.ts';
import type { ProcessingLock } from '../lock/processing-lock.ts';
import { systemClock, type SdkClock } from '../system/system.ts';
import type { BotAdapter, BotNotice, BotSubject } from './bot-adapter.ts';
import { NoticeMemory } from './notice-memory.ts';
import { createNoticeWriter, type NoticeWriter, type NoticeWriterOptions } from './notice-texts.ts';

export interface GuardBotOptions extends NoticeWriterOptions {
  /** Whom the guard counts. Default the user's id as the platform has it, of scope `user`. */
  readonly subjectOf?: (subject: BotSubject) => SubjectLike;
  /** One action at a time per user. */
  readonly lock?: ProcessingLock;
  /** What a user hears whose earlier action is still at work; a notice comes once a minute at most. Default `silent`. */
  readonly whenBusy?: 'silent' | 'notice';
  /** What went wrong beside the handler: notices that could not be sent, adapters that threw. Must not throw. */
  readonly onError?: (error: unknown) => void;
  readonly clock?: SdkClock;
}

/** What became of an event. */
export type BotPassage = 'handled' | 'repeated' | 'refused' | 'busy';

/**
 * A middleware, `bot.use(guarded)` in grammY and Telegraf, or around a handler: `guarded(ctx, () => answer(ctx))`.
 * Rejects with what the handler threw, and with nothing else.
 */
export type BotGuard<Ctx> = (ctx: Ctx, next: () => unknown) => Promise<BotPassage>;

// Platforms deliver again for minutes (LINE) up to a day (Telegram, which then keeps order): an hour covers a restart of
// whatever stands between. 50,000 ids of up to 64 characters are about 8 MB.
export const SEEN_EVENTS_MAX = 50_000;
const SEEN_EVENT_MS = 3600_000;

// A handler answers within a second, or the platform has given up on the user's attention.
const COUNTED_AFTER_MS = 1000;

// Nobody waits longer in a chat; whoever must is refused by a policy instead.
const SLOW_MS_MAX = 10_000;

/** Users who wait because they are slowed; each holds its event in memory. Beyond that they are refused. */
export const SLOWED_MAX = 1000;

// Longer than any answer that still helps; a platform that hangs must not hold a user's lane.
const NOTICE_MS_MAX = 10_000;

/** Puts `guard` before the handlers of a bot. */
export function guardBot<Ctx>(
  guard: Guard,
  adapter: BotAdapter<Ctx>,
  options: GuardBotOptions = {},
): BotGuard<Ctx> {
  const passage = new Passage(guard, adapter, options);
  return (ctx, next) => passage.take(ctx, next);
}

interface Deed {
  readonly subject: SubjectLike;
  /** The user, as key of what is remembered: short, whatever the id. */
  readonly key: string;
  readonly action: string;
  readonly source: string;
  /** False when it was delivered before. */
  isToCount: boolean;
}

class Passage<Ctx> {
  readonly #guard: Guard;
  readonly #adapter: BotAdapter<Ctx>;
  readonly #options: GuardBotOptions;
  readonly #clock: SdkClock;
  readonly #writer: NoticeWriter;
  readonly #told: NoticeMemory;
  readonly #seen: ExpiringMap<'taken' | 'failed'>;
  #slowedCount = 0;

  constructor(guard: Guard, adapter: BotAdapter<Ctx>, options: GuardBotOptions) {
    this.#guard = guard;
    this.#adapter = adapter;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#writer = createNoticeWriter(options);
    this.#told = new NoticeMemory(this.#clock);
    this.#seen = new ExpiringMap({
      entriesMax: SEEN_EVENTS_MAX,
      monotonicMs: () => this.#clock.monotonicMs(),
    });
  }

  async take(ctx: Ctx, next: () => unknown): Promise<BotPassage> {
    const eventKey = this.#ask(() => this.#eventKeyOf(ctx));
    const seen = eventKey === undefined ? undefined : this.#seen.get(eventKey);
    if (seen === 'taken') return 'repeated';
    if (eventKey !== undefined) this.#seen.set(eventKey, 'taken', SEEN_EVENT_MS);
    const deed = this.#ask(() => this.#deedOf(ctx));
    if (deed !== undefined && seen === 'failed') deed.isToCount = false;
    try {
      if (deed !== undefined) return await this.#pass(ctx, deed, next);
      await next();
      return 'handled';
    } catch (error) {
      if (eventKey !== undefined) this.#seen.set(eventKey, 'failed', SEEN_EVENT_MS);
      throw error;
    }
  }

  async #pass(ctx: Ctx, deed: Deed, next: () => unknown): Promise<BotPassage> {
    const verdict = this.#ask(() => this.#guard.check(deed.subject, deed.action)) ?? { kind: 'allow' };
    const isLetIn = verdict.kind === 'allow' || (verdict.kind === 'slow' && (await this.#slow(verdict)));
    if (!isLetIn) {
      this.#track(deed, 'refused');
      if (verdict.kind === 'refuse' || verdict.kind === 'challenge') await this.#refuse(ctx, deed, verdict);
      return 'refused';
    }
    const { lock } = this.#options;
    if (lock === undefined) return await this.#handle(deed, next);
    const outcome = await lock.withLock(deed.key, () => this.#handle(deed, next));
    if (outcome.kind === 'done') return outcome.value;
    this.#track(deed, 'refused');
    if (this.#options.whenBusy === 'notice') await this.#notice(ctx, deed, 'busy', undefined);
    return 'busy';
  }

  async #handle(deed: Deed, next: () => unknown): Promise<'handled'> {
    const late = this.#clock.setTimer(COUNTED_AFTER_MS, () => this.#track(deed, 'ok'));
    try {
      await next();
      this.#track(deed, 'ok');
      return 'handled';
    } catch (error) {
      this.#track(deed, 'error');
      throw error;
    } finally {
      late.cancel();
    }
  }

  /** Counts the deed, the first time it is called for it. */
  #track(deed: Deed, outcome: ActionOutcome): void {
    if (!deed.isToCount) return;
    deed.isToCount = false;
    const { subject, action, source } = deed;
    this.#ask(() => this.#guard.track({ subject, action, source, outcome }));
  }

  /** Waits as the guard says; false when too many wait already. */
  async #slow({ delayMs }: Extract<Verdict, { kind: 'slow' }>): Promise<boolean> {
    if (this.#slowedCount >= SLOWED_MAX) return false;
    this.#slowedCount++;
    await new Promise<void>((resolve) => void this.#clock.setTimer(Math.min(delayMs, SLOW_MS_MAX), resolve));
    this.#slowedCount--;
    return true;
  }

  async #refuse(
    ctx: Ctx,
    deed: Deed,
    { kind, ground }: Extract<Verdict, { kind: 'refuse' | 'challenge' }>,
  ): Promise<void> {
    await this.#notice(ctx, deed, this.#adapter.challenge === undefined ? 'refuse' : kind, ground);
  }

  async #notice(
    ctx: Ctx,
    { key }: Deed,
    kind: BotNotice['kind'],
    ground: VerdictGround | undefined,
  ): Promise<void> {
    const level = ground?.by === 'local' ? 'local' : (ground?.level ?? 'busy');
    if (!this.#told.shouldTell(key, level, ground === undefined ? 0 : ground.retryAfterMs)) return;
    try {
      const said = await orLate(this.#say(ctx, kind, ground), NOTICE_MS_MAX, this.#clock);
      if (said === LATE)
        throw new Error(
          `cannot send notice on ${this.#adapter.platform}: no answer within ${NOTICE_MS_MAX} ms`,
        );
    } catch (error) {
      this.#told.failed(key, level);
      this.#report(error);
    }
  }

  async #say(ctx: Ctx, kind: BotNotice['kind'], ground: VerdictGround | undefined): Promise<void> {
    const language = this.#writer.languageOf(await this.#languageOf(ctx));
    const notice: BotNotice = { kind, language, ground, text: this.#textOf(kind, ground, language) };
    if (kind === 'challenge') await this.#adapter.challenge?.(ctx, notice);
    else await this.#adapter.refuse(ctx, notice);
  }

  async #languageOf(ctx: Ctx): Promise<string | undefined> {
    try {
      return await this.#adapter.language?.(ctx);
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }

  #textOf(kind: BotNotice['kind'], ground: VerdictGround | undefined, language: string): string {
    if (ground === undefined) return this.#writer.busy(language);
    return kind === 'challenge' ? this.#writer.challenge(language) : this.#writer.refusal(ground, language);
  }

  #eventKeyOf(ctx: Ctx): string | undefined {
    const id = this.#adapter.eventId(ctx);
    return id === undefined || id === '' ? undefined : shortKey(id);
  }

  #deedOf(ctx: Ctx): Deed | undefined {
    const who = this.#adapter.subject(ctx);
    const action = who === undefined ? undefined : this.#adapter.action(ctx);
    if (who === undefined || action === undefined) return undefined;
    const { subjectOf = ({ userId }) => ({ scope: 'user', id: userId }) } = this.#options;
    const subject = subjectOf(who);
    return {
      subject,
      key: shortKey(typeof subject === 'string' ? subject : `${subject.scope}:${subject.id}`),
      action,
      source: this.#adapter.source?.(ctx) ?? this.#adapter.platform,
      isToCount: !this.#adapter.redelivered(ctx),
    };
  }

  /** What `question` answers; nothing, and a report, when it throws. */
  #ask<T>(question: () => T): T | undefined {
    try {
      return question();
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }

  #report(error: unknown): void {
    this.#options.onError?.(error);
  }
}

/** The text, or what stands for it when it is long: somebody's id of a megabyte is not kept 50,000 times. */
function shortKey(text: string): string {
  return text.length <= SUBJECT_ID_BYTES_MAX ? text : createHash('sha256').update(text).digest('base64url');
}
