import { z } from 'zod';

export const logReceiverConfig = z.strictObject({
  send_resolved: z.boolean().default(true).describe('Whether a line is written when alerts resolve, too.'),
});
