import { z } from 'zod';
import { secret } from '../../lib/schema.ts';

// As for the token: 16 characters of a random alphabet are 80 bits and more.
const BOUNCER_KEY_CHARS_MIN = 16;

/** Proxies and bouncers of one house; each request compares with all of them. */
const BOUNCERS_MAX = 100;

/** Proxies in a row; beyond a handful nobody knows any more who wrote which hop. */
export const TRUSTED_HOPS_MAX = 16;

const bouncer = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 letters, digits, "_", "-" or "."')
      .describe('What this bouncer is called in logs.'),
    key: secret.optional().describe('What it shows as `X-Api-Key`; at least 16 characters.'),
    key_file: z.string().min(1).optional().describe('A file with that key.'),
  })
  .refine(
    ({ key, key_file }) => (key === undefined) !== (key_file === undefined),
    'must have either key or key_file',
  )
  .refine(
    ({ key }) => key === undefined || isBouncerKey(key.reveal()),
    `must have a key of one word with at least ${BOUNCER_KEY_CHARS_MIN} visible ASCII characters`,
  );

/** What fits into a header, and is no word that people guess. */
export function isBouncerKey(text: string): boolean {
  return text.length >= BOUNCER_KEY_CHARS_MIN && /^[\x21-\x7e]{1,1024}$/.test(text);
}

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a header')
  .transform((name) => name.toLowerCase());

/** Part of `guard:` in the configuration file: who enforces decisions elsewhere, and how they ask. */
export const enforcementShape = {
  bouncers: z
    .array(bouncer)
    .max(BOUNCERS_MAX)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'must have different names')
    .default([])
    .describe('Reverse proxies and CrowdSec bouncers that may ask for decisions, each with a key.'),
  forward_auth: z
    .strictObject({
      subject_header: headerName
        .default('x-user-id')
        .describe('The header in which the proxy names the user; clients must not be able to set it.'),
      address_header: z
        .enum(['x-forwarded-for', 'x-real-ip', 'none'])
        .default('x-forwarded-for')
        .describe('The header in which the proxy names the client; `none` checks no addresses.'),
      // The entry that the proxy itself wrote is the last one: nobody else could have.
      trusted_hops: z
        .number()
        .int()
        .min(1)
        .max(TRUSTED_HOPS_MAX)
        .default(1)
        .describe(
          'Proxies in a row that append to `X-Forwarded-For`: the client is that many from the right.',
        ),
    })
    .prefault({})
    .describe('What a proxy that asks at `/guard/forward-auth` says, unless its query says otherwise.'),
};

export const enforcementSchema = z.strictObject(enforcementShape).prefault({});

export type EnforcementConfig = z.output<typeof enforcementSchema>;
