import { isIP } from 'node:net';
import { z } from 'zod';
import { durationMs, secret } from '../../lib/schema.ts';
import { isNetwork } from './allow-list.ts';

const span = durationMs.refine((ms) => ms > 0, 'must be longer than 0');

/** Longer than any automatic decision should hold: beyond it a person decides. */
const AUTOMATIC_MS_MAX = 90 * 86_400_000;

const holdSpan = span.refine((ms) => ms <= AUTOMATIC_MS_MAX, 'must be at most 90d');

const rung = z.strictObject({
  strikes: z.int().min(2).describe('From this strike of a subject on.'),
  grade: z
    .enum(['temporary', 'extended', 'review_required'])
    .describe('Least grade of the decision; a graver one of the policy stays.'),
  for: holdSpan.describe('Least time that the decision holds; a longer one of the policy stays.'),
});

const escalation = z
  .strictObject({
    // A day: who comes back on the next evening is still known, a mistake of last week is not.
    half_life: span.prefault('24h').describe('Time in which the strikes of a subject halve.'),
    // 5 min, 5 min, 1 h, 24 h: what the built-in policies decide by themselves, one step graver each time it goes on.
    ladder: z
      .array(rung)
      .max(10)
      .refine((rungs) => rungs.every(({ strikes }, i) => i === 0 || strikes > (rungs[i - 1]?.strikes ?? 0)), {
        error: 'must have growing strikes',
      })
      .prefault([
        { strikes: 3, grade: 'extended', for: '1h' },
        { strikes: 5, grade: 'review_required', for: '24h' },
      ])
      .describe('What repeated strikes lead to at least. Permanent is only ever a person.'),
    // Who is refused for 5 min comes back within 30 s of others; nobody waits for the minute to end.
    jitter: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe('Up to this part of its time is added to each decision, so that not all end at one moment.'),
  })
  .prefault({});

const blastRadius = z
  .strictObject({
    // One in a hundred active subjects is many abusers for ten minutes, and few enough to apologise to.
    max_share: z
      .number()
      .min(0)
      .max(1)
      .default(0.01)
      .describe('Part of the active subjects that one policy may decide about within `window`.'),
    // With 100 subjects 1 % is one of them: below this number the share says nothing.
    floor: z.int().min(1).default(20).describe('Decisions within `window` that are always allowed.'),
    window: span.prefault('10m').describe('Time over which decisions of a policy are counted.'),
    // Two in a second over a whole minute is an attack that a person should see, or a wrong threshold.
    per_minute: z.int().min(1).default(120).describe('Decisions that one policy may make in a minute.'),
  })
  .prefault({});

const softAllow = z
  .strictObject({
    for: durationMs.prefault('30m').describe('Time after a lift in which policies leave the subject alone.'),
    raise: z
      .number()
      .min(1)
      .optional()
      .describe('Instead of leaving it alone: decide when the measure is this many times the threshold.'),
  })
  .prefault({});

const appeals = z
  .strictObject({
    valid_for: span.prefault('72h').describe('Time in which the link of an appeal can be used.'),
    per_decision: z.int().min(1).max(20).default(3).describe('Appeals that one decision may have.'),
    key: secret
      // 32 characters of base64 are 192 bits.
      .refine((key) => key.reveal().length >= 32, 'must have at least 32 characters')
      .optional()
      .describe(
        'Signs the links of appeals; at least 32 characters. Absent: one is made and kept in the state.',
      ),
  })
  .prefault({});

const webhook = z
  .strictObject({
    mode: z
      .enum(['shadow', 'canary', 'enforce'])
      .optional()
      .describe('Of decisions that come as alerts; default: `guard.mode`.'),
    canary_percent: z.number().min(0).max(100).default(10).describe('Of subjects in a canary.'),
    subject_label: z.string().min(1).default('user_id').describe('Label with the subject of an alert.'),
    scope_label: z
      .string()
      .min(1)
      .default('subject_scope')
      .describe('Label with the scope (user, ip, range, session, key); absent in an alert: user.'),
    ban_type_label: z.string().min(1).default('ban_type').describe('Label that says what follows.'),
    duration_label: z
      .string()
      .min(1)
      .default('duration')
      .describe('Label, or annotation, with the time that the decision holds.'),
    on_resolved: z
      .enum(['keep', 'lift'])
      .default('keep')
      .describe('Whether the end of an alert lifts its decision early.'),
  })
  .prefault({});

/** What the decision service reads of the key `guard`; spread into its schema. */
export const guardShape = {
  mode: z
    .enum(['shadow', 'canary', 'enforce'])
    .default('shadow')
    .describe('Of policies that name none: decisions are only recorded, hold for some subjects, or for all.'),
  ids: z
    .enum(['pseudonym', 'plain'])
    .default('pseudonym')
    .describe('What applications send as the id of a subject: a keyed pseudonym, or the id itself.'),
  allow: z
    .array(
      z
        .string()
        .min(1)
        .max(256)
        .refine(
          (entry) => !entry.includes('/') || isIP(entry.split('/')[0] ?? '') === 0 || isNetwork(entry),
          {
            error: 'must be a network such as 10.0.0.0/8 when it looks like one',
          },
        ),
    )
    // 10,000 entries go to every application with the settings of the feed: about 400 kB.
    .max(10_000)
    .default([])
    .describe(
      'Subjects that nothing is decided about: ids, addresses, and networks for scopes ip and range.',
    ),
  escalation: escalation.describe('What repeated strikes lead to.'),
  blast_radius: blastRadius.describe('When a policy decides about too many, it is put into shadow.'),
  soft_allow: softAllow.describe('What holds for a subject after a person lifted a decision about it.'),
  appeals: appeals.describe('Links by which a subject asks for a review.'),
  webhook: webhook.describe('Alerts of POST /webhooks/alertmanager/user-behavior.'),
  retention: span.prefault('90d').describe('How long the record of decisions is kept.'),
};

const guardSettings = z.strictObject(guardShape);

export type GuardSettings = z.output<typeof guardSettings>;

/** As if the key `guard` were empty. */
export function defaultGuardSettings(): GuardSettings {
  return guardSettings.parse({});
}
