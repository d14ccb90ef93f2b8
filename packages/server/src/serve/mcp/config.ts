import { z } from 'zod';

// About 6,000 tokens: several answers fit beside a conversation.
const ANSWER_BYTES_DEFAULT = 24_000;

// Common hosts refuse results of more than 25,000 tokens.
const ANSWER_BYTES_MAX = 80_000;

/** `mcp` of vedette.yml. */
export const mcpConfig = z
  .strictObject({
    answer_bytes_max: z
      .int()
      .min(2000)
      .max(ANSWER_BYTES_MAX)
      .default(ANSWER_BYTES_DEFAULT)
      .describe(
        'Longest answer of a tool, in bytes; what is longer is cut at a row, and the answer says so.',
      ),
  })
  .prefault({});

export type McpConfig = z.output<typeof mcpConfig>;
