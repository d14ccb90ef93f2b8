import { z } from 'zod';
import { parseRedisUrl } from '../../lib/redis-connection.ts';

const embeddedStateSchema = z.strictObject({
  engine: z
    .literal('embedded')
    .default('embedded')
    .describe('State is kept in a SQLite file of the data directory, which `vedette backup` copies.'),
});

const redisStateSchema = z.strictObject({
  engine: z
    .literal('redis')
    .describe(
      'State is kept in Redis or Valkey, which several servers may share. Without appendonly yes and appendfsync always it is less safe than embedded; `vedette backup` does not copy it.',
    ),
  url: z
    .string()
    .superRefine((text, context) => {
      try {
        // The file is printed by `config explain`, and shown in tickets.
        if (parseRedisUrl(text).password !== '')
          context.addIssue({
            code: 'custom',
            message: 'must not hold a password; put it into password_file',
          });
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
      }
    })
    .describe(
      'One primary: redis://user@host:6379/0, rediss:// with TLS, or unix:///run/redis.sock. Cluster and Sentinel are refused.',
    ),
  password_file: z
    .string()
    .min(1)
    .optional()
    .describe('File with the password; read at each connection, so that it may change.'),
  // A name of our own: Redis is usually shared with the application.
  key_prefix: z
    .string()
    .max(64)
    .default('vedette:state:')
    .describe('What every key and channel begins with. Servers that share state have the same.'),
});

/** `storage.state` of the configuration file. */
export const redisStateConfig = z.discriminatedUnion('engine', [embeddedStateSchema, redisStateSchema], {
  error: ({ code }) => (code === 'invalid_union' ? 'must be one of "embedded", "redis"' : undefined),
});
