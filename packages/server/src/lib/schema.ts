import { parseDurationMs } from '@vedette/model';
import { z } from 'zod';
import { Secret } from './secret.ts';

/** Schemas that every area's `config.ts` uses for the notations of Prometheus configuration files. */

/**
 * How the text of a key is to be printed again; schemas derived from a registered one (`.describe`,
 * `.refine`) inherit it. Whoever prints a configuration asks here.
 */
export const notations = z.registry<{ readonly notation: 'duration' | 'bytes' | 'secret' }>();

/** `5m`, `1h30m`, `0s` → milliseconds. */
export const durationMs = z.string().transform((text, context) => {
  const parsed = parseDurationMs(text);
  if (parsed === undefined) {
    context.addIssue({
      code: 'custom',
      message: `must be a duration such as 30s or 5m; got ${JSON.stringify(text)}`,
    });
    return z.NEVER;
  }
  return parsed;
});
notations.add(durationMs, { notation: 'duration' });

const BYTES = /^(\d+)(B|[KMGTPE]i?B)$/;
const BYTE_UNITS = 'KMGTPE';

/** `512MB`, `2GiB`, `0` → bytes. As in Prometheus, KB and KiB both are 1,024. */
export const byteSize = z
  .union([z.string(), z.literal(0)], 'must be a size with its unit, such as 10MB or 1GiB, or 0')
  .transform((text, context) => {
    if (text === 0 || text === '0') return 0;
    const match = BYTES.exec(text);
    if (match === null) {
      context.addIssue({
        code: 'custom',
        message: `must be a size such as 10MB or 1GiB; got ${JSON.stringify(text)}`,
      });
      return z.NEVER;
    }
    return Number(match[1]) * 1024 ** (BYTE_UNITS.indexOf(match[2]?.[0] ?? '') + 1);
  });
notations.add(byteSize, { notation: 'bytes' });

/** A string that is wrapped so that it cannot be printed. */
export const secret = z.string().transform((text) => new Secret(text));
notations.add(secret, { notation: 'secret' });

/** Label names and values of configuration files: any non-empty UTF-8 name. */
export const labelRecord = z.record(z.string().min(1), z.string());

/** YAML writes `port: 9100` without quotes and means a text. */
export const plainText = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** Valid in a file for Prometheus, but beyond us for now. */
export function unsupported(key: string): z.ZodOptional<z.ZodCustom<undefined, undefined>> {
  return z
    .custom<undefined>((value) => value === undefined, `${key} is not supported yet`)
    .optional()
    .describe('Not supported yet.');
}

type Unsupported<K extends string> = Record<K, ReturnType<typeof unsupported>>;

/** Several of them, to be spread into a shape. */
export function unsupportedOf<K extends string>(keys: readonly K[]): Unsupported<K> {
  return Object.fromEntries(keys.map((key) => [key, unsupported(key)])) as Unsupported<K>;
}
