import { z } from 'zod';
import { durationMs } from '../lib/schema.ts';
import { oidcSchema } from './auth/oidc/config.ts';
import { DRAIN_MS_MAX } from './http/limits.ts';

/** The address of this machine alone; the port that DESIGN gives the one surface. */
const LISTEN_DEFAULT = '127.0.0.1:8080';

const HOST_PORT = /^(?:\[[0-9a-fA-F:.]+\]|[^:[\]\s]*):(\d{1,5})$/;

const listenAddress = z.string().refine((text) => Number(HOST_PORT.exec(text)?.[1] ?? Infinity) <= 65_535, {
  message:
    'must be HOST:PORT such as 127.0.0.1:8080 or [::1]:8080, with a port up to 65535 (0 takes a free one)',
});

export const SURFACE_GROUPS = ['ui', 'api', 'ingest', 'guard'] as const;

const listener = z.strictObject({
  address: listenAddress.describe('HOST:PORT to listen on; port 0 takes a free one.'),
  surfaces: z
    .array(z.enum(SURFACE_GROUPS))
    .min(1)
    .default([...SURFACE_GROUPS])
    .describe(
      'What this address serves: `ui` (pages, live data, own API), `api` (the Prometheus API), `ingest` (what other programs write to), `guard` (decisions for applications, proxies and bouncers).',
    ),
});

/** `server:` of the configuration file. */
export const serverSchema = z
  .strictObject({
    listen: listenAddress
      .default(LISTEN_DEFAULT)
      .describe('HOST:PORT to listen on. Anything but a loopback address needs `token_file` or accounts.'),
    listeners: z
      .array(listener)
      .min(1)
      .max(16)
      .optional()
      .describe('Several addresses with the surfaces of each; replaces `listen`.'),
    token_file: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A file with the token that callers must show, at least 16 characters. Required to listen on other than loopback, unless there are accounts. Whoever shows it is an administrator.',
      ),
    accounts: z
      .enum(['auto', 'enabled'])
      .default('auto')
      .describe(
        '`auto`: everybody signs in as soon as there is an account, or `oidc`. `enabled`: from the start; until the first account is made, with the one-time link that is printed, nothing else is served.',
      ),
    oidc: oidcSchema.optional().describe('Signing in at an OpenID Connect provider.'),
    external_url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('The address under which people reach this server, when a proxy stands before it.'),
    limits: z
      .strictObject({
        // 100 browsers: each holds at most 200 series × 2,000 points, some 3 MB at the very worst.
        live_connections: z
          .number()
          .int()
          .min(1)
          .max(10_000)
          .default(100)
          .describe('Live sockets (browser windows) at one time.'),
        shutdown_timeout: durationMs
          .refine(
            (ms) => ms <= DRAIN_MS_MAX,
            `must be at most ${DRAIN_MS_MAX / 1000}s: the whole process stops within 10s`,
          )
          .default(DRAIN_MS_MAX)
          .describe('How long running requests may take when the server stops.'),
      })
      .prefault({})
      .describe('Limits of the HTTP server.'),
  })
  .prefault({});

export type ServerConfig = z.output<typeof serverSchema>;
