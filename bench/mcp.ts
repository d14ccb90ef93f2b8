/**
 * The door for assistants: calls and lists a second over ten connections, with the load on the same machine, what a call
 * costs the server in CPU (which says more where others share the machine), what stays on the heap after ten thousand calls,
 * and what the first request loads.
 *
 * The protocol's handshake of 2025 is left out, as in clients that keep what they know; a request of 2026 carries everything.
 */
import { existsSync, mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { HttpClient } from './http-client.ts';
import { timed, type Figure } from './measure.ts';
import { pause, readProcessUse, settle, startVedette, type MeasuredProcess } from './server-process.ts';

const CONNECTIONS = 10;
const WARM_UP_CALLS = 2000;
const CALLS = 5000;
const HEAP_CALLS = 10_000;
const CALLS_PER_SECOND_GOAL = 1000;

// What one call may leave behind: nothing; a tenth of a megabyte is what two measurements of the same differ by.
const HEAP_GROWTH_MB_GOAL = 0.5;

interface Request {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Era = 'legacy' | 'modern';
const ERA_NAMES: Readonly<Record<Era, string>> = { legacy: '2025', modern: '2026' };

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

function requestOf(era: Era, method: string, params: Readonly<Record<string, unknown>> = {}): Request {
  const { name } = params;
  const isModern = era === 'modern';
  return {
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: isModern ? { ...params, _meta: ENVELOPE } : params,
    }),
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(isModern ? { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method } : {}),
      ...(isModern && typeof name === 'string' ? { 'mcp-name': name } : {}),
    },
  };
}

export async function measureMcp(): Promise<Figure[]> {
  using directory = mkdtempDisposableSync(path.join(tmpdir(), 'vedette-bench-heap-'));
  const heapFile = path.join(directory.path, 'heap');
  const env = {
    NODE_OPTIONS: `--import=${path.join(import.meta.dirname, 'mcp-probe.ts')}`,
    VEDETTE_BENCH_HEAP: heapFile,
  };
  await using vedette = await startVedette({ env });
  using client = new HttpClient(CONNECTIONS);
  await settle(vedette.pid);
  const scene: Scene = { vedette, client, url: `${vedette.url}/mcp`, heapFile };
  const figures = [...(await measureFirstUse(scene))];
  for (const era of ['legacy', 'modern'] as const) {
    const calls: (readonly [string, Request])[] = [
      ['overview', requestOf(era, 'tools/call', { name: 'overview', arguments: {} })],
      [
        'metrics_query up',
        requestOf(era, 'tools/call', { name: 'metrics_query', arguments: { query: 'up' } }),
      ],
    ];
    for (const [what, request] of calls)
      figures.push(...(await measureRate(scene, `tools/call ${what}, ${ERA_NAMES[era]}`, request)));
    figures.push(
      ...(await measureRate(scene, `tools/list, ${ERA_NAMES[era]}`, requestOf(era, 'tools/list'))),
    );
  }
  figures.push(await measureHeap(scene));
  return figures;
}

interface Scene {
  readonly vedette: MeasuredProcess;
  readonly client: HttpClient;
  readonly url: string;
  readonly heapFile: string;
}

/** The library, the tools and their schemas are loaded by whoever asks first. */
async function measureFirstUse(scene: Scene): Promise<Figure[]> {
  const before = readProcessUse(scene.vedette.pid).rssBytes;
  const tookMs = await timed(() => send(scene, requestOf('legacy', 'tools/list')));
  const megabytes = (readProcessUse(scene.vedette.pid).rssBytes - before) / 1e6;
  return [
    { name: 'first request: until its answer', value: tookMs, unit: 'ms' },
    { name: 'first request: resident memory', value: megabytes, unit: 'MB' },
  ];
}

async function measureRate(scene: Scene, name: string, request: Request): Promise<Figure[]> {
  const first = await send(scene, request);
  // A tool that is not there yet is answered with an error, and its speed means nothing.
  if (/"isError":true|"error":/.test(first))
    return [{ name, value: NaN, unit: '/s', fault: first.replaceAll(/\s+/g, ' ').slice(0, 120) }];
  await sendMany(scene, request, WARM_UP_CALLS);
  const cpuBefore = readProcessUse(scene.vedette.pid).cpuSeconds;
  const tookMs = await timed(() => sendMany(scene, request, CALLS));
  const cpuMs = ((readProcessUse(scene.vedette.pid).cpuSeconds - cpuBefore) * 1000) / CALLS;
  const value = CALLS / (tookMs / 1000);
  const isReached = value >= CALLS_PER_SECOND_GOAL;
  return [
    { name, value, unit: '/s', better: 'more', goal: `≥ ${CALLS_PER_SECOND_GOAL} /s`, isReached },
    { name: `${name}: CPU of the server`, value: cpuMs, unit: 'ms' },
  ];
}

async function measureHeap(scene: Scene): Promise<Figure> {
  const request = requestOf('legacy', 'tools/call', { name: 'overview', arguments: {} });
  await sendMany(scene, request, WARM_UP_CALLS);
  const before = await heapBytes(scene);
  await sendMany(scene, request, HEAP_CALLS);
  const value = ((await heapBytes(scene)) - before) / 1e6;
  return {
    name: `heap after ${HEAP_CALLS.toLocaleString('en')} calls`,
    value,
    unit: 'MB more',
    goal: `≤ ${HEAP_GROWTH_MB_GOAL} MB`,
    isReached: value <= HEAP_GROWTH_MB_GOAL,
  };
}

/** After a collection of garbage, once what was asked is written down (the audit log takes half a second). */
async function heapBytes({ vedette, heapFile }: Scene): Promise<number> {
  await settle(vedette.pid);
  const lines = (): readonly string[] =>
    existsSync(heapFile) ? readFileSync(heapFile, 'utf8').trim().split('\n') : [];
  const known = lines().length;
  process.kill(vedette.pid, 'SIGUSR2');
  while (lines().length === known) await pause(20);
  return Number(lines().at(-1));
}

async function sendMany(scene: Scene, request: Request, count: number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await send(scene, request);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

async function send({ client, url }: Scene, { body, headers }: Request): Promise<string> {
  const answer = await client.post(url, body, headers);
  if (answer.status !== 200)
    throw new Error(`${url} answered ${answer.status}: ${answer.body.toString('utf8')}`);
  return answer.body.toString('utf8');
}
