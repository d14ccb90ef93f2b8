import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '@vedette/model';
import { createAlertMatcher } from '../matchers/matcher.ts';
import { parseMatchers } from '../matchers/parse.ts';
import {
  expireSilence,
  planSilence,
  silenceStateAt,
  type Silence,
  type SilenceChange,
  type SilenceDraft,
  type SilencePlanOptions,
} from './silence.ts';

const NOW_MS = 1_700_000_000_000;

const draftOf = (changes: Partial<SilenceDraft> = {}, matchers = 'a=b'): SilenceDraft => ({
  matchers: parseMatchers(matchers).matchers,
  startsAtMs: NOW_MS,
  endsAtMs: NOW_MS + 3_600_000,
  createdBy: 'me',
  comment: 'disk',
  ...changes,
});

const plan = (draft: SilenceDraft, options: Partial<SilencePlanOptions> = {}): SilenceChange =>
  planSilence(draft, {
    known: undefined,
    nowMs: NOW_MS,
    newId: 'new',
    silenceCount: 0,
    limits: { silencesMax: 0, silenceBytesMax: 0 },
    ...options,
  });

const refusalOf = (draft: SilenceDraft, options?: Partial<SilencePlanOptions>): string => {
  try {
    plan(draft, options);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'accepted';
};

const known = (changes: Partial<Silence> = {}): Silence => ({
  ...draftOf(),
  id: 'old',
  updatedAtMs: 0,
  ...changes,
});

test('a silence ending now no longer mutes, one beginning now does', () => {
  const silence = known({ startsAtMs: 10, endsAtMs: 20 });
  const check = (timestampMs: number, want: string): void =>
    assert.equal(silenceStateAt(silence, timestampMs), want);
  check(9, 'pending');
  check(10, 'active');
  check(19, 'active');
  check(20, 'expired');
});

test('what is no silence is refused with the words of the API', () => {
  const check = (draft: SilenceDraft, want: string): void => assert.equal(refusalOf(draft), want);
  const nothing = 'invalid silence: at least one matcher must not match the empty string';
  check(draftOf({ matchers: [] }), 'invalid silence: at least one matcher required');
  check(draftOf({}, 'a=""'), nothing);
  check(draftOf({}, 'a=~"x*",b=~".*"'), nothing);
  check(draftOf({}, 'a=~".+"'), 'accepted');
  check(draftOf({}, 'a!="x"'), 'accepted');
  check(draftOf({}, 'a="",b=c'), 'accepted');
  check(
    draftOf({ matchers: [createAlertMatcher('', '=', 'x')] }),
    'invalid silence: invalid label matcher 0: invalid label name ""',
  );
  const early = 'Failed to create silence: start time must be before end time';
  check(draftOf({ endsAtMs: NOW_MS }), early);
  check(draftOf({ endsAtMs: NOW_MS - 1 }), early);
  check(
    draftOf({ startsAtMs: NOW_MS - 10, endsAtMs: NOW_MS - 1 }),
    "Failed to create silence: end time can't be in the past",
  );
  check(draftOf({ id: 'gone' }), 'silence not found');
});

test('a new silence begins now at the earliest', () => {
  const begins = (startsAtMs: number): number => plan(draftOf({ startsAtMs })).silence.startsAtMs;
  assert.equal(begins(NOW_MS - 60_000), NOW_MS);
  assert.equal(begins(NOW_MS + 60_000), NOW_MS + 60_000);
  const { silence } = plan(draftOf());
  assert.deepEqual([silence.id, silence.updatedAtMs], ['new', NOW_MS]);
});

test('a change in place keeps the id, any other one expires the old silence and makes a new one', () => {
  const check = (before: Silence, changes: Partial<SilenceDraft>, want: string, matchers?: string): void => {
    const change = plan(draftOf({ id: 'old', ...changes }, matchers), { known: before });
    const expired = change.kind === 'create' ? `, expired ${change.expired?.endsAtMs === NOW_MS}` : '';
    assert.equal(`${change.kind} ${change.silence.id}${expired}`, want);
  };
  const active = known({ startsAtMs: NOW_MS - 1500 });
  const later = NOW_MS + 7_200_000;
  check(active, { startsAtMs: active.startsAtMs, endsAtMs: later }, 'update old');
  check(active, { startsAtMs: active.startsAtMs + 400, comment: 'x' }, 'update old');
  check(active, { startsAtMs: NOW_MS }, 'create new, expired true');
  check(active, { startsAtMs: active.startsAtMs }, 'create new, expired true', 'a=c');
  const pending = known({ startsAtMs: NOW_MS + 1000 });
  check(pending, { startsAtMs: NOW_MS, endsAtMs: later }, 'update old');
  check(pending, { startsAtMs: NOW_MS - 1 }, 'create new, expired true');
  const expired = known({ startsAtMs: NOW_MS - 10, endsAtMs: NOW_MS });
  check(expired, {}, 'create new, expired false');
});

test('expiring ends an active silence now, and a pending one never begins', () => {
  const ended = expireSilence(known({ startsAtMs: NOW_MS - 5 }), NOW_MS);
  assert.deepEqual([ended?.startsAtMs, ended?.endsAtMs, ended?.updatedAtMs], [NOW_MS - 5, NOW_MS, NOW_MS]);
  const never = expireSilence(known({ startsAtMs: NOW_MS + 5 }), NOW_MS);
  assert.deepEqual([never?.startsAtMs, never?.endsAtMs], [NOW_MS, NOW_MS]);
  assert.equal(expireSilence(known({ endsAtMs: NOW_MS }), NOW_MS), undefined);
});

test('limits hold for new silences, and the size for changes, too', () => {
  const limits = { silencesMax: 2, silenceBytesMax: 0 };
  assert.equal(refusalOf(draftOf(), { silenceCount: 1, limits }), 'accepted');
  assert.equal(
    refusalOf(draftOf(), { silenceCount: 2, limits }),
    'exceeded maximum number of silences: 2 (limit: 2)',
  );
  assert.equal(refusalOf(draftOf({ id: 'old' }), { known: known(), silenceCount: 2, limits }), 'accepted');
  const small = { silencesMax: 0, silenceBytesMax: 400 };
  assert.equal(refusalOf(draftOf(), { limits: small }), 'accepted');
  const long = draftOf({ id: 'old', comment: 'é'.repeat(200) });
  assert.match(
    refusalOf(long, { known: known(), limits: small }),
    /^silence exceeded maximum size: \d+ bytes \(limit: 400 bytes\)$/,
  );
});
