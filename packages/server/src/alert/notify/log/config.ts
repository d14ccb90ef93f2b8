import { z } from 'zod';
import { sendResolved } from '../../config/integration.ts';

export const logReceiverConfig = z.strictObject({
  send_resolved: z.boolean().default(true).describe('Whether a line is written when alerts resolve, too.'),
});

/** `log_configs`, ours: a line in the server log. */
export const logIntegration = z.strictObject(sendResolved(true));
