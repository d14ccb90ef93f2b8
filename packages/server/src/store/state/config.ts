import { z } from 'zod';
import { redisAddressShape } from '../../lib/redis-config.ts';

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
  ...redisAddressShape,
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
