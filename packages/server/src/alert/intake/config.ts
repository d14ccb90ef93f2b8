import { z } from 'zod';
import { durationMs } from '../../lib/schema.ts';

/** Names in paths and in the API: what needs no escaping anywhere. */
export const SOURCE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

const ttl = durationMs.refine((ms) => ms > 0, 'must be longer than 0');

/** The key `alert_intake`: alerts that other programs announce by webhook. */
export const alertIntakeConfig = z
  .strictObject({
    // 12 h: three of Alertmanager's repetitions (repeat_interval, 4 h by default), so that one that was lost does
    // no harm. Who repeats less often needs more.
    ttl: ttl
      .prefault('12h')
      .describe(
        'Time after which an alert that came by webhook and is not repeated counts as stale and ends.',
      ),
    sources: z
      .record(
        z.string().regex(SOURCE_NAME, 'must be 1 to 64 letters, digits, "_", "-" or ".", as in the path'),
        z.strictObject({ ttl: ttl.optional().describe('The same for this source alone.') }),
      )
      .default({})
      .describe('What is particular to single sources, by the last part of /webhooks/alertmanager/NAME.'),
  })
  .prefault({});

export type AlertIntakeConfig = z.output<typeof alertIntakeConfig>;

export function ttlMsOf(config: AlertIntakeConfig, source: string): number {
  return (Object.hasOwn(config.sources, source) ? config.sources[source]?.ttl : undefined) ?? config.ttl;
}
