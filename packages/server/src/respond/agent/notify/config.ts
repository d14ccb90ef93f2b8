/** `agent.notify` and what belongs to it: to whom reports go by themselves. */
import { PRIORITIES } from '@vedette/api';
import { z } from 'zod';
import { findNearest } from '../../../lib/nearest.ts';
import { durationMs } from '../../../lib/schema.ts';

// As many as there are teams on one routing tree of the size that we have seen; more is a mistake of a generator.
const TIERS_MAX = 20;

// Oftener than an alert settles would be the same report twice.
const REPEAT_MS_MIN = 60_000;
// After a week the group is news again.
const REPEAT_MS_MAX = 7 * 86_400_000;

// A report of a day ago tells of another day.
const WAIT_MS_MAX = 86_400_000;

const tier = z.strictObject({
  priorities: z
    .array(z.enum(PRIORITIES))
    .min(1, 'must name at least one of P1, P2, P3, P4')
    // P4 is for those who look by themselves.
    .default(['P1', 'P2', 'P3'])
    .describe('Reports of which priorities go there.'),
  receiver: z
    .string()
    .min(1, 'must name a receiver of the alertmanager configuration')
    .describe('A receiver of the alertmanager configuration; all its channels get the report.'),
  wait: durationMs
    .refine((ms) => ms <= WAIT_MS_MAX, 'must be at most 1d')
    .optional()
    .describe(
      'Time to wait whether the alerts end by themselves; without it nothing for P1 and P2, 10m for P3 and P4.',
    ),
  // As often as Alertmanager repeats an alert by itself.
  repeat: durationMs
    .refine((ms) => ms >= REPEAT_MS_MIN && ms <= REPEAT_MS_MAX, 'must be between 1m and 7d')
    .prefault('4h')
    .describe('At most one report about a group of alerts in this time, unless a later one is more urgent.'),
});

/** Keys of `agent`. */
export const agentNotifyShape = {
  notify: z
    .array(tier)
    .max(TIERS_MAX, `must be at most ${TIERS_MAX} tiers`)
    .default([])
    .describe('Who gets the reports on alerts that begin to fire; empty: nobody, they wait on the page.'),
  // One every three minutes is what a person can read; a storm makes hundreds.
  notify_max_per_hour: z
    .int()
    .min(1)
    .max(1000)
    .default(20)
    .describe(
      'Reports that are sent within an hour, all receivers together; P3 and P4 may use half of it. What is over is counted and left out.',
    ),
};

export type NotifyTier = z.output<typeof tier>;

export interface NotifySettings {
  readonly notify: readonly NotifyTier[];
  readonly notify_max_per_hour: number;
}

/** Of receivers that act on alerts instead of telling somebody. */
const ACTING_KEYS: ReadonlySet<string> = new Set(['guard_configs', 'heartbeat_configs']);

/** Tiers that lead nowhere, by the receivers of the configuration, and those of an agent that makes no reports by itself. */
export function findNotifyFaults(
  { notify, automatic }: Pick<NotifySettings, 'notify'> & { readonly automatic: boolean },
  receivers: readonly { readonly name: string }[],
): { readonly path: readonly (string | number)[]; readonly message: string }[] {
  if (notify.length > 0 && !automatic)
    return [
      {
        path: ['agent', 'notify'],
        message:
          'sends the reports that the agent makes by itself, and agent.automatic is false: nothing would ever be sent; set automatic to true, or remove notify',
      },
    ];
  const names = receivers.map(({ name }) => name);
  return notify.flatMap(({ receiver }, i) => {
    const path = ['agent', 'notify', i, 'receiver'];
    const found = receivers.find(({ name }) => name === receiver);
    if (found === undefined) return [{ path, message: unknownText(receiver, names) }];
    if (hasChannel(found)) return [];
    const message = `names a receiver without a channel that shows messages; got ${JSON.stringify(receiver)}, want one with email, chat, webhook or the like`;
    return [{ path, message }];
  });
}

// What fits into a message of one line.
const NAMES_SHOWN_MAX = 12;

function unknownText(receiver: string, names: readonly string[]): string {
  const nearest = findNearest(receiver, names);
  const shown = names.slice(0, NAMES_SHOWN_MAX).join(', ');
  const help = nearest === undefined ? `known receivers: ${shown}` : `did you mean "${nearest}"?`;
  return `names no receiver of the alertmanager configuration; got ${JSON.stringify(receiver)}; ${help}`;
}

function hasChannel(receiver: object): boolean {
  return Object.entries(receiver).some(
    ([key, configs]) =>
      key.endsWith('_configs') && !ACTING_KEYS.has(key) && Array.isArray(configs) && configs.length > 0,
  );
}
