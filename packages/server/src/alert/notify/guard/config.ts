import { z } from 'zod';
import { sendResolved } from '../../config/integration.ts';

/** `guard_configs`, ours: alerts about users become decisions of the guard in this process. */
export const guardIntegration = z.lazy(() => z.strictObject(sendResolved(true)));

export type GuardReceiverConfig = z.output<typeof guardIntegration>;
