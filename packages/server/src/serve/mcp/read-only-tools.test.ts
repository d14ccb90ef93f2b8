import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { z } from 'zod';
import { SILENT_LOG } from '../../telemetry/log.ts';
import type { NewAuditEntry } from '../auth/audit/audit-log.ts';
import { createReadOnlyTools } from './read-only-tools.ts';
import type { McpTool, ToolCall } from './tool.ts';
import { createMcpMetrics, createToolGate } from './tool-runner.ts';

const input = z.strictObject({ query: z.string().max(20).describe('What') });

function toolsFixture(): {
  readonly tools: ReturnType<typeof createReadOnlyTools>;
  readonly ran: { readonly name: string; readonly call: ToolCall }[];
  readonly entries: NewAuditEntry[];
} {
  const ran: { name: string; call: ToolCall }[] = [];
  const entries: NewAuditEntry[] = [];
  const tool = (name: string, access: 'read' | 'write'): McpTool<typeof input> => ({
    name,
    title: name,
    description: `Does ${name}.`,
    input,
    access,
    run: ({ query }, call) => {
      ran.push({ name, call });
      if (query === 'fail') throw new Error('a mistake of ours');
      return Promise.resolve({
        summary: 'found',
        sections: [{ kind: 'text', text: 'x'.repeat(60).concat('\n').repeat(1000) }],
      });
    },
  });
  const clock = new VirtualClock({ startMs: 0 });
  const tools = createReadOnlyTools(
    {
      clock,
      random: new SeededRandom(1),
      log: SILENT_LOG,
      metrics: createMcpMetrics(createMetricsRegistry()),
      gate: createToolGate(clock),
      audit: (entry) => {
        entries.push(entry);
        return Promise.resolve();
      },
      externalUrl: 'http://vedette.example',
      answerBytesMax: 24_000,
    },
    [tool('metrics_query', 'read'), tool('silence_write', 'write'), tool('alert_analyze', 'read')],
  );
  return { tools, ran, entries };
}

const NEVER = new AbortController().signal;

test('writing tools, and the one that makes reports, are not among them', () => {
  const { tools } = toolsFixture();
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['metrics_query'],
  );
  assert.deepEqual(tools[0]?.inputSchema, {
    type: 'object',
    properties: { query: { type: 'string', maxLength: 20, description: 'What' } },
    required: ['query'],
    additionalProperties: false,
  });
});

test('a call runs as a viewer who reads, within a smaller budget, and stands in the audit log as the agent', async () => {
  const { tools, ran, entries } = toolsFixture();
  const text = await tools[0]?.call({ query: 'up' }, NEVER);
  assert.match(text ?? '', /^found\n/);
  assert.ok(Buffer.byteLength(text ?? '') <= 8000);
  assert.match(text ?? '', /Truncated: /);
  const { caller } = ran[0]?.call ?? {};
  assert.deepEqual([caller?.role, caller?.scopes], ['viewer', ['read']]);
  assert.deepEqual(
    entries.map(({ actor, action, status }) => [actor, action, status]),
    [['agent', 'mcp.metrics_query', 200]],
  );
});

test('a fault is told in the text; only an end of the signal rejects', async () => {
  const { tools, entries } = toolsFixture();
  assert.match(
    (await tools[0]?.call({ query: 'fail' }, NEVER)) ?? '',
    /^metrics_query: the server made a mistake/,
  );
  assert.equal(entries[0]?.status, 500);
  await assert.rejects(
    async () => await tools[0]?.call({ query: 'up' }, AbortSignal.abort(new Error('gone'))),
    /gone/,
  );
});
