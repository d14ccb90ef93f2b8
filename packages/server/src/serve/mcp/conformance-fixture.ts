/**
 * What the conformance suite calls by name, behind our endpoint, mount and access guard: it cannot judge a server
 * that has other tools. What `McpTool` can say is one; the rest is registered as the library has it.
 */
import {
  acceptedContent,
  completable,
  createRequestStateCodec,
  fromJsonSchema,
  inputRequired,
  inputResponse,
  ResourceTemplate,
  type McpServer,
  type ToolCallback,
} from '@modelcontextprotocol/server';
import type { FastifyInstance } from 'fastify';
import { SeededRandom, type Clock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { z } from 'zod';
import { SystemClock } from '../../lib/system-clock.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { AccessGuard } from '../auth/access-guard.ts';
import { BodyReader } from '../http/body-reader.ts';
import { createHttpMetrics } from '../http/http-metrics.ts';
import { mountRoutes } from '../http/mount.ts';
import { createRouteRegistry } from '../http/route-registry.ts';
import { errorAnswer } from '../http/route.ts';
import { McpEndpoint, type McpSurface } from './mcp-endpoint.ts';
import { mcpRoute } from './mcp-routes.ts';
import type { McpTool } from './tool.ts';
import { createMcpMetrics, createToolGate } from './tool-runner.ts';

export interface FixtureServer {
  readonly address: string;
  close(): Promise<void>;
}

export async function startFixtureServer(): Promise<FixtureServer> {
  const clock = new SystemClock();
  const registry = createMetricsRegistry();
  const runner = {
    clock,
    random: new SeededRandom(1),
    log: SILENT_LOG,
    metrics: createMcpMetrics(registry),
    gate: createToolGate(clock),
    audit: () => Promise.resolve(),
    externalUrl: 'http://vedette.example',
    answerBytesMax: 24_000,
  };
  const endpoint = new McpEndpoint(runner, fixtureSurface(clock));
  const stop = new AbortController();
  const app: FastifyInstance = mountRoutes(
    {
      clock,
      log: SILENT_LOG,
      guard: new AccessGuard({ clock }, { token: undefined, externalUrl: undefined }),
      metrics: createHttpMetrics(registry),
      bodies: new BodyReader(),
      errorAnswerOf: (error) => errorAnswer(500, 'internal', String(error)),
      isReady: () => true,
      prefix: '',
      stopSignal: stop.signal,
    },
    createRouteRegistry([mcpRoute('/mcp', () => Promise.resolve(endpoint))]),
  );
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    address,
    close: async () => {
      await endpoint.close();
      stop.abort();
      await app.close();
    },
  };
}

function fixtureSurface(clock: Clock): McpSurface {
  return {
    title: 'Fixture',
    instructions: 'For the conformance suite.',
    tools: [simpleTextTool()],
    verifyState: (state, context) => STATES.verify(state, context),
    attachTools: (server) => {
      attachContentTools(server);
      attachTalkativeTools(server, clock);
      attachAskingTools(server);
    },
    attach: (server) => {
      server.server.registerCapabilities({
        resources: { listChanged: false },
        prompts: { listChanged: false },
      });
      attachResources(server);
      attachPrompts(server);
    },
  };
}

function simpleTextTool(): McpTool {
  return {
    name: 'test_simple_text',
    title: 'Simple text',
    description: 'Text.',
    input: z.strictObject({}),
    access: 'read',
    run: () => Promise.resolve({ summary: 'This is a simple text response for testing.' }),
  };
}

/** A schema with keywords that none of ours has. */
const SCHEMA = fromJsonSchema({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
});

const STATES = createRequestStateCodec<string>({ key: 'a key that only this suite has to know' });

// One red pixel, and a sound without samples.
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=';

const text = (value: string) => ({ type: 'text' as const, text: value });
const image = { type: 'image' as const, data: PNG, mimeType: 'image/png' };
const embedded = (uri: string, mimeType: string, value: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType, text: value },
});
const described = { description: 'For the conformance suite.' };

function attachContentTools(server: McpServer): void {
  server.registerTool('test_image_content', described, () => ({ content: [image] }));
  server.registerTool('test_audio_content', described, () => ({
    content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
  }));
  server.registerTool('test_embedded_resource', described, () => ({
    content: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  }));
  server.registerTool('test_multiple_content_types', described, () => ({
    content: [
      text('Multiple content types test:'),
      image,
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  }));
  server.registerTool('json_schema_2020_12_tool', { ...described, inputSchema: SCHEMA }, () => ({
    content: [text('ok')],
  }));
  server.registerTool('test_error_handling', described, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
}

/** What the suite asks between two messages. */
const PAUSE_MS = 50;

function attachTalkativeTools(server: McpServer, clock: Clock): void {
  server.server.registerCapabilities({ logging: {} });
  const pause = (): Promise<void> => new Promise((resolve) => void clock.setTimer(PAUSE_MS, resolve));
  const log = ['Tool execution started', 'Tool processing data', 'Tool execution completed'];
  for (const name of ['test_tool_with_logging', 'test_logging_tool'])
    server.registerTool(name, described, async ({ mcpReq }) => {
      for (const line of log) {
        await mcpReq.log('info', line);
        await pause();
      }
      return { content: [text('said')] };
    });
  server.registerTool('test_tool_with_progress', described, async ({ mcpReq }) => {
    const token = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (token !== undefined)
        await mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken: token, progress, total: 100 },
        });
      await pause();
    }
    return { content: [text('done')] };
  });
}

const nameForm = (message: string, field = 'name') =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { [field]: { type: 'string' } }, required: [field] },
  });
const okForm = inputRequired.elicit({
  message: 'Please confirm',
  requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
});
const sampling = (question: string, maxTokens = 100) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: question } }],
    maxTokens,
  });

function attachAskingTools(server: McpServer): void {
  const tool = (name: string, run: ToolCallback): void =>
    void server.registerTool(`test_${name}`, described, run);
  for (const name of ['input_required_result_elicitation', 'streaming_elicitation'])
    tool(name, ({ mcpReq }) => {
      const given = acceptedContent<{ name: string }>(mcpReq.inputResponses, 'user_name');
      if (given === undefined)
        return inputRequired({ inputRequests: { user_name: nameForm('What is your name?') } });
      return { content: [text(`Hello, ${given.name}!`)] };
    });
  tool('input_required_result_sampling', ({ mcpReq }) =>
    inputResponse(mcpReq.inputResponses, 'capital_question').kind === 'sampling'
      ? { content: [text('answered')] }
      : inputRequired({ inputRequests: { capital_question: sampling('What is the capital of France?') } }),
  );
  tool('input_required_result_list_roots', ({ mcpReq }) => {
    const roots = inputResponse(mcpReq.inputResponses, 'client_roots');
    return roots.kind === 'roots'
      ? { content: [text(`roots: ${roots.roots.map(({ uri }) => uri).join(', ')}`)] }
      : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  tool('input_required_result_request_state', async ({ mcpReq }) =>
    mcpReq.requestState() === 'state-1' && mcpReq.inputResponses !== undefined
      ? { content: [text('state-ok')] }
      : inputRequired({ inputRequests: { confirm: okForm }, requestState: await STATES.mint('state-1') }),
  );
  tool('input_required_result_tampered_state', async ({ mcpReq }) =>
    mcpReq.inputResponses === undefined
      ? inputRequired({ inputRequests: { confirm: okForm }, requestState: await STATES.mint('state-1') })
      : { content: [text('taken')] },
  );
  tool('input_required_result_multiple_inputs', async ({ mcpReq }) =>
    mcpReq.inputResponses === undefined
      ? inputRequired({
          inputRequests: {
            user_name: nameForm('What is your name?'),
            greeting: sampling('Generate a greeting', 50),
            client_roots: inputRequired.listRoots(),
          },
          requestState: await STATES.mint('state-1'),
        })
      : { content: [text('all there')] },
  );
  tool('input_required_result_multi_round', async ({ mcpReq }) => {
    const state = mcpReq.requestState();
    if (state === 'round-2') return { content: [text('done')] };
    return state === 'round-1'
      ? inputRequired({
          inputRequests: { step2: nameForm('Step 2: What is your favorite color?', 'color') },
          requestState: await STATES.mint('round-2'),
        })
      : inputRequired({
          inputRequests: { step1: nameForm('Step 1: What is your name?') },
          requestState: await STATES.mint('round-1'),
        });
  });
  tool('input_required_result_capabilities', () =>
    inputRequired({ inputRequests: { question: sampling('What is the capital of France?') } }),
  );
  tool('missing_capability', () =>
    inputRequired({ inputRequests: { question: sampling('What is the capital of France?') } }),
  );
}

function attachResources(server: McpServer): void {
  server.registerResource('text', 'test://static-text', described, ({ href }) => ({
    contents: [
      { uri: href, mimeType: 'text/plain', text: 'This is the content of the static text resource.' },
    ],
  }));
  server.registerResource('binary', 'test://static-binary', described, ({ href }) => ({
    contents: [{ uri: href, mimeType: 'image/png', blob: PNG }],
  }));
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  server.registerResource('template', template, described, ({ href }, { id }) => ({
    contents: [
      {
        uri: href,
        mimeType: 'application/json',
        text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
      },
    ],
  }));
}

function attachPrompts(server: McpServer): void {
  const user = (content: ReturnType<typeof text> | typeof image | ReturnType<typeof embedded>) => ({
    role: 'user' as const,
    content,
  });
  server.registerPrompt('test_simple_prompt', described, () => ({
    messages: [user(text('This is a simple prompt for testing.'))],
  }));
  const argsSchema = z.object({
    arg1: completable(z.string().describe('First test argument'), () => ['paris', 'park', 'party']),
    arg2: z.string().describe('Second test argument'),
  });
  server.registerPrompt('test_prompt_with_arguments', { ...described, argsSchema }, ({ arg1, arg2 }) => ({
    messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
  }));
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { ...described, argsSchema: z.object({ resourceUri: z.string().describe('URI to embed') }) },
    ({ resourceUri }) => ({
      messages: [
        user(embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.')),
        user(text('Please process the embedded resource above.')),
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', described, () => ({
    messages: [user(image), user(text('Please analyze the image above.'))],
  }));
  server.registerPrompt('test_input_required_result_prompt', described, ({ mcpReq }) => {
    const given = acceptedContent<{ context: string }>(mcpReq.inputResponses, 'user_context');
    return given === undefined
      ? inputRequired({
          inputRequests: { user_context: nameForm('What context should the prompt use?', 'context') },
        })
      : { messages: [user(text(`With ${given.context}`))] };
  });
}
