import { z } from 'zod';
import { runbookFolders } from '../runbook/config.ts';
import { agentNotifyShape } from './notify/config.ts';

/** `agent` of vedette.yml. */
export const agentConfig = z.strictObject({ runbooks: runbookFolders, ...agentNotifyShape }).prefault({});
