import { z } from 'zod';
import { sendResolved } from '../../config/integration.ts';

/** `log_configs`, ours: a line in the server log. */
export const logIntegration = z.lazy(() => z.strictObject(sendResolved(true)));

export type LogConfig = z.output<typeof logIntegration>;
