import { z } from 'zod';
import { checkHttpClient, httpClientShape } from '../../lib/http-client-config.ts';
import { durationMs } from '../../lib/schema.ts';

// About 6,000 tokens: several answers fit beside a conversation.
const ANSWER_BYTES_DEFAULT = 24_000;

// Common hosts refuse results of more than 25,000 tokens.
const ANSWER_BYTES_MAX = 80_000;

// A tool as a whole has 30 s (TOOL_DEADLINE_MS); a request that takes longer than 20 leaves no time for a second.
const PROMETHEUS_TIMEOUT_MS_DEFAULT = 20_000;

// Nothing may take longer than the tool that asks.
const PROMETHEUS_TIMEOUT_MS_MAX = 30_000;

/** `mcp.prometheus` of vedette.yml. */
const mcpPrometheusConfig = z
  .strictObject({
    url: z
      .url({
        protocol: /^https?$/,
        error: ({ code }) => (code === 'invalid_format' ? 'must be an http or https URL' : undefined),
      })
      .refine((text) => !/[?#]/.test(text), { error: 'must have no ? and no #' })
      .describe('Its address, such as http://127.0.0.1:9090, with the path before /api/v1 if there is one.'),
    timeout: durationMs
      .refine((ms) => ms >= 1 && ms <= PROMETHEUS_TIMEOUT_MS_MAX, 'must be between 1ms and 30s')
      .default(PROMETHEUS_TIMEOUT_MS_DEFAULT)
      .describe('How long one of its answers is waited for.'),
    ...httpClientShape,
  })
  .check(checkHttpClient);

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
    prometheus: mcpPrometheusConfig
      .optional()
      .describe(
        'A server with the HTTP API of Prometheus that /mcp/prometheus asks; without this key it asks this server.',
      ),
  })
  .prefault({});

export type McpConfig = z.output<typeof mcpConfig>;
