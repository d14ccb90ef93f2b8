import { z } from 'zod';
import { runbookFolders } from '../runbook/config.ts';
import { modelConfig } from './narrator/config.ts';

/** `agent` of vedette.yml. */
export const agentConfig = z
  .strictObject({
    runbooks: runbookFolders,
    model: modelConfig
      .optional()
      .describe(
        'A language model that tells in words what the reports found, beside them (docs/agent.md). Without this key none is asked, and nothing leaves.',
      ),
  })
  .prefault({});
