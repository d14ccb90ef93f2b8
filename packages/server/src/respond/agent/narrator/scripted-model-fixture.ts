/**
 * A language model for tests that says what a script says, over real HTTP, in the words of either API. It keeps what it was
 * sent, to the byte.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

export type ScriptedReply =
  | { readonly kind: 'text'; readonly text: string; readonly tokens?: number | 'none' }
  | {
      readonly kind: 'calls';
      readonly calls: readonly { readonly name: string; readonly args: unknown }[];
      readonly tokens?: number | 'none';
    }
  | {
      readonly kind: 'raw';
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Takes the request and says nothing. */
  | { readonly kind: 'hang' }
  /** Headers, and then bytes without end. */
  | { readonly kind: 'endless' };

export interface ScriptedRequest {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface ScriptedModel {
  /** Ends with /v1. */
  readonly url: string;
  readonly requests: readonly ScriptedRequest[];
  /** Resolves when so many requests have come. */
  requested(count: number): Promise<void>;
}

export type Script = (request: ScriptedRequest, index: number) => ScriptedReply | Promise<ScriptedReply>;

export interface ScriptedModelOptions {
  readonly dialect?: 'openai' | 'anthropic';
  /** One after the other, the last one again and again; or a function that decides, and may take its time. */
  readonly script: readonly ScriptedReply[] | Script;
}

interface Lifetime {
  after(task: () => Promise<void>): void;
}

export async function startScriptedModel(t: Lifetime, options: ScriptedModelOptions): Promise<ScriptedModel> {
  const requests: ScriptedRequest[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const server = http.createServer((incoming, outgoing) => {
    void collect(incoming).then(async (body) => {
      const request = { path: incoming.url ?? '', headers: incoming.headers, body };
      const index = requests.push(request) - 1;
      for (const one of waiting) if (requests.length >= one.count) one.resolve();
      const reply = await replyOf(options.script, request, index);
      answer(outgoing, { reply, dialect: options.dialect ?? 'openai', index });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    requested: async (count) => {
      if (requests.length >= count) return;
      await new Promise<void>((resolve) => waiting.push({ count, resolve }));
    },
  };
}

/** The answer that the narrator asks for. */
export function claimsText(...claims: readonly (readonly [text: string, ...evidence: string[]])[]): string {
  return JSON.stringify({ claims: claims.map(([text, ...evidence]) => ({ text, evidence })) });
}

function replyOf(
  script: ScriptedModelOptions['script'],
  request: ScriptedRequest,
  index: number,
): ScriptedReply | Promise<ScriptedReply> {
  if (typeof script === 'function') return script(request, index);
  return script[Math.min(index, script.length - 1)] ?? { kind: 'text', text: '' };
}

async function collect(incoming: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

interface Answering {
  readonly reply: ScriptedReply;
  readonly dialect: 'openai' | 'anthropic';
  readonly index: number;
}

function answer(outgoing: http.ServerResponse, { reply, dialect, index }: Answering): void {
  switch (reply.kind) {
    case 'hang':
      return;
    case 'endless': {
      outgoing.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        if (!outgoing.destroyed) outgoing.write(Buffer.alloc(65_536, 0x20), () => setImmediate(more));
      };
      more();
      return;
    }
    case 'raw':
      outgoing
        .writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
        .end(reply.body);
      return;
    case 'text':
    case 'calls':
      outgoing
        .writeHead(200, { 'content-type': 'application/json' })
        .end(
          JSON.stringify(dialect === 'openai' ? openAiAnswer(reply, index) : anthropicAnswer(reply, index)),
        );
  }
}

type Said = Extract<ScriptedReply, { readonly kind: 'text' | 'calls' }>;

function openAiAnswer(reply: Said, index: number): unknown {
  const calls = reply.kind === 'calls' ? reply.calls : [];
  const message =
    reply.kind === 'text'
      ? { role: 'assistant', content: reply.text }
      : {
          role: 'assistant',
          content: null,
          tool_calls: calls.map(({ name, args }, i) => ({
            id: `call_${index}_${i}`,
            type: 'function',
            function: { name, arguments: JSON.stringify(args) },
          })),
        };
  const tokens = reply.tokens ?? 100;
  return {
    id: `chatcmpl-${index}`,
    object: 'chat.completion',
    created: 1,
    model: 'scripted',
    choices: [{ index: 0, message, finish_reason: reply.kind === 'text' ? 'stop' : 'tool_calls' }],
    ...(tokens === 'none'
      ? {}
      : { usage: { prompt_tokens: tokens, completion_tokens: 10, total_tokens: tokens + 10 } }),
  };
}

function anthropicAnswer(reply: Said, index: number): unknown {
  const content =
    reply.kind === 'text'
      ? [{ type: 'text', text: reply.text }]
      : reply.calls.map(({ name, args }, i) => ({
          type: 'tool_use',
          id: `toolu_${index}_${i}`,
          name,
          input: args,
        }));
  const tokens = reply.tokens ?? 100;
  return {
    id: `msg_${index}`,
    type: 'message',
    role: 'assistant',
    model: 'scripted',
    content,
    stop_reason: reply.kind === 'text' ? 'end_turn' : 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: tokens === 'none' ? 0 : tokens, output_tokens: tokens === 'none' ? 0 : 10 },
  };
}
