/** What an alert asks the guard for: whom it is about, and what follows, by its labels. */
import { formatDurationMs, labelValueOf, parseDurationMs } from '@vedette/model';
import { normalisedId, SUBJECT_ID_BYTES_MAX, SUBJECT_SCOPES } from '@vedette/sdk';
import { fingerprintOf, type WebhookAlert } from '../../alert/index.ts';
import type { GuardSettings } from './config.ts';
import { ALERT_POLICY } from './guard-event.ts';
import type { Offence } from './judge.ts';

const MINUTE_MS = 60_000;

/** No alert bans for longer: beyond it a person decides. */
const ALERT_HOLD_MS_MAX = 30 * 24 * 60 * MINUTE_MS;

/** A sentence; annotations of alerts can be pages. */
const REASON_CHARACTERS_MAX = 200;

type Sentence = Pick<Offence, 'kind' | 'grade' | 'forMs'>;

// `permanent` is only ever a person's: an alert that wants it gets one to look.
const REVIEW: Sentence = { kind: 'refuse', grade: 'review_required', forMs: 24 * 60 * MINUTE_MS };
const DEFAULT: Sentence = { kind: 'refuse', grade: 'temporary', forMs: 5 * MINUTE_MS };
const SENTENCES = new Map<string, Sentence>([
  ['temporary', DEFAULT],
  ['extended', { kind: 'refuse', grade: 'extended', forMs: 60 * MINUTE_MS }],
  ['review_required', REVIEW],
  ['permanent', REVIEW],
  ['slow', { kind: 'slow', grade: 'temporary', forMs: 5 * MINUTE_MS }],
  ['challenge', { kind: 'challenge', grade: 'temporary', forMs: 5 * MINUTE_MS }],
]);

export type AlertReading =
  | {
      readonly kind: 'offence';
      readonly offence: Offence;
      /** What in it was not understood and is taken as its default; `undefined`: nothing. */
      readonly fault: string | undefined;
    }
  | { readonly kind: 'ignored'; readonly why: 'no_subject' | 'bad_scope' };

export function readAlert(
  { labels, annotations, startsAt }: WebhookAlert,
  { settings, source }: { readonly settings: GuardSettings['webhook']; readonly source: string },
): AlertReading {
  const scopeText = labelValueOf(labels, settings.scope_label);
  const scope = SUBJECT_SCOPES.find((known) => known === (scopeText === '' ? 'user' : scopeText));
  if (scope === undefined) return { kind: 'ignored', why: 'bad_scope' };
  const written = labelValueOf(labels, settings.subject_label);
  // As applications spell who acts, or the decision would find nobody. One that is too long is refused by its length.
  const subject = written.length > SUBJECT_ID_BYTES_MAX ? written : normalisedId(written, scope);
  if (subject === undefined) return { kind: 'ignored', why: 'no_subject' };
  const type = labelValueOf(labels, settings.ban_type_label);
  const known = SENTENCES.get(type);
  const sentence = known ?? DEFAULT;
  const stated = labelValueOf(labels, settings.duration_label);
  const span = readSpan(stated === '' ? labelValueOf(annotations, settings.duration_label) : stated);
  const alertName = labelValueOf(labels, 'alertname');
  const summary = labelValueOf(annotations, 'summary');
  const offence: Offence = {
    scope,
    subject,
    policy: ALERT_POLICY,
    ...sentence,
    ...(typeof span === 'number' ? { forMs: span } : {}),
    reason: (summary === '' ? `alert ${alertName}` : summary).slice(0, REASON_CHARACTERS_MAX).toWellFormed(),
    evidence: {
      kind: 'alert',
      fingerprint: fingerprintOf(labels),
      startsAtMs: startsAt.ms,
      alertName,
      severity: labelValueOf(labels, 'severity'),
      source,
    },
  };
  const typeFault =
    known === undefined && type !== ''
      ? `${settings.ban_type_label} must be one of ${[...SENTENCES.keys()].join(', ')}; got "${type.slice(0, 80)}"`
      : undefined;
  return { kind: 'offence', offence, fault: typeFault ?? (typeof span === 'string' ? span : undefined) };
}

/** Milliseconds; a sentence when it cannot be one; `undefined` when none is stated. */
function readSpan(text: string): number | string | undefined {
  if (text === '') return undefined;
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms > 0 && ms <= ALERT_HOLD_MS_MAX) return ms;
  return `a duration must be such as 5m, and at most ${formatDurationMs(ALERT_HOLD_MS_MAX)}; got "${text.slice(0, 80)}"`;
}
