import { z } from 'zod';
import { redisAddressShape } from '../../lib/redis-config.ts';

const prefix = z.string().max(64);

/** The key `redis` of the guard: where decisions are told to programs that share a Redis. */
export const guardRedisConfig = z
  .strictObject({
    ...redisAddressShape,
    prefix: prefix.default('vedette:guard:').describe('Of snapshot and channel, which the SDK follows.'),
    banned_prefix: prefix
      .default('banned:')
      .describe('Of the hashes that programs of the classic design read: `banned:{user_id}`.'),
  })
  .describe('Decisions that are enforced are written to Redis and published there as well.');

export type GuardRedisConfig = z.output<typeof guardRedisConfig>;
