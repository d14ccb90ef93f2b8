import { z } from 'zod';
import { parseRedisUrl } from '../../lib/redis-connection.ts';

const prefix = z.string().max(64);

/** The key `redis` of the guard: where decisions are told to programs that share a Redis. */
export const guardRedisConfig = z
  .strictObject({
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
          context.addIssue({
            code: 'custom',
            message: error instanceof Error ? error.message : String(error),
          });
        }
      })
      .describe('One primary: redis://user@host:6379/0, rediss:// with TLS, or unix:///run/redis.sock.'),
    password_file: z.string().min(1).optional().describe('File with the password; read at each connection.'),
    prefix: prefix.default('vedette:guard:').describe('Of snapshot and channel, which the SDK follows.'),
    banned_prefix: prefix
      .default('banned:')
      .describe('Of the hashes that programs of the classic design read: `banned:{user_id}`.'),
  })
  .describe('Decisions that are enforced are written to Redis and published there as well.');

export type GuardRedisConfig = z.output<typeof guardRedisConfig>;
