/**
 * Silences: conditions on labels, a span of time, who and why. What happens to one is decided here and
 * returned; who stores it is somebody else. A silence says what was silenced when: a change that would
 * rewrite that history expires the old one and makes a new one.
 */
import { InputError, type Matcher } from '@vedette/model';
import { sameMatchers } from '../matchers/matcher.ts';

/** Times in ms since 1970. Immutable: a change is another object. */
export interface Silence {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  readonly startsAtMs: number;
  /** The first moment at which it no longer mutes. */
  readonly endsAtMs: number;
  readonly updatedAtMs: number;
  readonly createdBy: string;
  readonly comment: string;
  /** The silence whose place it took: an edit that would have rewritten what was silenced made this one. */
  readonly replaces?: string | undefined;
}

export type SilenceState = 'pending' | 'active' | 'expired';

/** What somebody asks for: a new silence, or with `id` a change of one. */
export type SilenceDraft = Omit<Silence, 'id' | 'updatedAtMs' | 'replaces'> & {
  readonly id?: string | undefined;
};

/** What is to be written: an `update` in place, or a new silence and, in its place, the one that ends. */
export type SilenceChange =
  | { readonly kind: 'update'; readonly silence: Silence }
  | { readonly kind: 'create'; readonly silence: Silence; readonly expired: Silence | undefined };

/** 0 is none, as in Alertmanager. */
export interface SilenceLimits {
  /** Silences kept, expired ones included. */
  readonly silencesMax: number;
  readonly silenceBytesMax: number;
}

export function silenceStateAt({ startsAtMs, endsAtMs }: Silence, timestampMs: number): SilenceState {
  if (timestampMs < startsAtMs) return 'pending';
  return timestampMs < endsAtMs ? 'active' : 'expired';
}

export interface SilencePlanOptions {
  /** The silence that the draft names; `undefined` when it names none. */
  readonly known: Silence | undefined;
  readonly nowMs: number;
  /** For the silence if it is a new one. */
  readonly newId: string;
  /** Silences kept now. */
  readonly silenceCount: number;
  readonly limits: SilenceLimits;
}

/** What a draft comes to. Throws `InputError` (VED_ALERTING_INVALID) with the words of Alertmanager's API. */
export function planSilence(draft: SilenceDraft, options: SilencePlanOptions): SilenceChange {
  const { known, nowMs, newId, silenceCount, limits } = options;
  assertValid(draft, nowMs);
  if (draft.id !== undefined && known === undefined) throw refused('silence not found');
  if (known !== undefined && isInPlace(known, draft, nowMs)) {
    const silence = { ...draft, id: known.id, updatedAtMs: nowMs, ...linkTo(known.replaces) };
    assertSize(silence, limits);
    return { kind: 'update', silence };
  }
  if (limits.silencesMax > 0 && silenceCount + 1 > limits.silencesMax)
    throw refused(`exceeded maximum number of silences: ${silenceCount} (limit: ${limits.silencesMax})`);
  const startsAtMs = Math.max(draft.startsAtMs, nowMs);
  const silence = { ...draft, id: newId, startsAtMs, updatedAtMs: nowMs, ...linkTo(known?.id) };
  assertSize(silence, limits);
  return { kind: 'create', silence, expired: known && expireSilence(known, nowMs) };
}

function linkTo(replaces: string | undefined): Pick<Silence, 'replaces'> {
  return replaces === undefined ? {} : { replaces };
}

/** The silence ended now; `undefined` when it has ended already. A pending one never begins. */
export function expireSilence(silence: Silence, nowMs: number): Silence | undefined {
  switch (silenceStateAt(silence, nowMs)) {
    case 'expired':
      return undefined;
    case 'active':
      return { ...silence, endsAtMs: nowMs, updatedAtMs: nowMs };
    case 'pending':
      return { ...silence, startsAtMs: nowMs, endsAtMs: nowMs, updatedAtMs: nowMs };
  }
}

/** Whether the change leaves what has been silenced so far as it was. */
function isInPlace(known: Silence, draft: SilenceDraft, nowMs: number): boolean {
  if (!sameMatchers(known.matchers, draft.matchers)) return false;
  switch (silenceStateAt(known, nowMs)) {
    case 'expired':
      return false;
    case 'active':
      // Clients cut the fraction off when they send a silence back.
      return secondOf(draft.startsAtMs) === secondOf(known.startsAtMs) && draft.endsAtMs >= nowMs;
    case 'pending':
      return draft.startsAtMs >= nowMs;
  }
}

function secondOf(timestampMs: number): number {
  return Math.floor(timestampMs / 1000);
}

function assertValid({ matchers, startsAtMs, endsAtMs }: SilenceDraft, nowMs: number): void {
  if (startsAtMs >= endsAtMs) throw refused('Failed to create silence: start time must be before end time');
  if (endsAtMs < nowMs) throw refused("Failed to create silence: end time can't be in the past");
  if (matchers.length === 0) throw refused('invalid silence: at least one matcher required');
  for (const [i, { name }] of matchers.entries())
    if (name === '' || !name.isWellFormed())
      throw refused(
        `invalid silence: invalid label matcher ${i}: invalid label name ${JSON.stringify(name)}`,
      );
  if (matchers.every(isEmptyAccepted))
    throw refused('invalid silence: at least one matcher must not match the empty string');
}

/** A negative condition counts as one that does not, as in Alertmanager: `a!="x"` alone silences nearly everything. */
function isEmptyAccepted(matcher: Matcher): boolean {
  return (matcher.op === '=' || matcher.op === '=~') && matcher.matches('');
}

function assertSize(silence: Silence, { silenceBytesMax }: SilenceLimits): void {
  if (silenceBytesMax === 0) return;
  const bytes = Buffer.byteLength(JSON.stringify(silence));
  if (bytes > silenceBytesMax)
    throw refused(`silence exceeded maximum size: ${bytes} bytes (limit: ${silenceBytesMax} bytes)`);
}

function refused(message: string): InputError {
  return new InputError('VED_ALERTING_INVALID', message);
}
