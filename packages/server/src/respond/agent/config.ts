import { z } from 'zod';
import { durationMs } from '../../lib/schema.ts';
import { runbookFolders } from '../runbook/config.ts';
import { modelConfig } from './narrator/config.ts';
import { agentNotifyShape } from './notify/config.ts';

/** `agent` of vedette.yml. */
export const agentConfig = z
  .strictObject({
    runbooks: runbookFolders,
    model: modelConfig
      .optional()
      .describe(
        'A language model that tells in words what the reports found, beside them (docs/agent.md). Without this key none is asked, and nothing leaves.',
      ),
    automatic: z
      .boolean()
      .default(true)
      .describe('Whether every alert is analysed when it begins to fire; otherwise when somebody asks.'),
    // Long enough that the page, a chat and an assistant that ask one after the other see the same report.
    keep: durationMs
      .prefault('5m')
      .describe('So long a report is handed out again before the same alert is analysed anew.'),
    ...agentNotifyShape,
  })
  .prefault({});
