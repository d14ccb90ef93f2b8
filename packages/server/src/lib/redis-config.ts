import { z } from 'zod';
import { parseRedisUrl } from './redis-connection.ts';

/** Where a Redis is, as a configuration names it; the password stands in a file beside it. */
export const redisAddressShape = {
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
};
