/**
 * `node bench/sdk/http.ts [--seconds N] [--rounds N]`: what metrics and guard cost per request, beside those of others.
 *
 * Each server runs in a process of its own; 20 connections load one after the other in short rounds, each round in
 * another order. The figure is processor time of the server per request (`process.cpuUsage`), which a busy machine
 * disturbs less than requests per second. Others on the machine only add to it, so that what an addition costs is the
 * difference of the least of all rounds to that of the bare server of the same framework; medians stand beside.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { median, printTable, type Figure } from '../measure.ts';
import type { ServerMessage } from './http-server.ts';

interface Autocannon {
  (options: object): Promise<{ readonly '2xx': number; readonly non2xx: number; readonly errors: number }>;
}

/** Has no types of its own. */
const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon;

const CONNECTIONS = 20;
/** A subject of its own for each. */
const USERS = 100;
const GOAL_MICROS = 4;

const VARIANTS: Readonly<Record<string, string>> = {
  'node+bare': 'node:http',
  'node+metrics': 'node:http, Vedette metrics',
  'fastify+bare': 'Fastify',
  'fastify+metrics': 'Fastify, Vedette metrics',
  'fastify+guard': 'Fastify, Vedette metrics and guard (a stand-in with 100,000 bans)',
  'fastify+peer': 'Fastify, fastify-metrics 14.1.0',
  'fastify+otel': 'Fastify, OpenTelemetry http 0.301, traces and metrics',
  'express+bare': 'Express',
  'express+metrics': 'Express, Vedette metrics',
  'express+guard': 'Express, Vedette metrics and guard (a stand-in with 100,000 bans)',
  'express+peer': 'Express, express-prom-bundle 8.0.0',
};

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '3' } },
});
const servers = new Map<string, MeasuredServer>();
try {
  for (const variant of Object.keys(VARIANTS)) servers.set(variant, await startServer(variant));
  report(await measure(Number(values.seconds), Number(values.rounds)));
} finally {
  for (const { child } of servers.values()) child.kill();
}

interface MeasuredServer {
  readonly child: ChildProcess;
  readonly url: string;
}

async function startServer(variant: string): Promise<MeasuredServer> {
  const child = fork(path.join(import.meta.dirname, 'http-server.ts'), [variant]);
  const { port } = await nextMessage(child);
  return { child, url: `http://127.0.0.1:${port}/orders/17` };
}

async function nextMessage(child: ChildProcess): Promise<ServerMessage> {
  const settled = new AbortController();
  const { signal } = settled;
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error('cannot measure: the server ended');
  });
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [ServerMessage];
    return message;
  } finally {
    settled.abort();
  }
}

async function cpuMicrosOf({ child }: MeasuredServer): Promise<number> {
  child.send('cpu');
  return (await nextMessage(child)).cpuMicros ?? NaN;
}

/** Processor µs per request of each round, by variant. The first second of each is not counted. */
async function measure(seconds: number, rounds: number): Promise<ReadonlyMap<string, readonly number[]>> {
  const samples = new Map([...servers.keys()].map((variant) => [variant, [] as number[]]));
  for (const server of servers.values()) await load(server, 1);
  for (let round = 0; round < rounds; round++) {
    const order = [...servers.keys()];
    order.push(...order.splice(0, (round * 5) % order.length));
    for (const variant of order) {
      const server = servers.get(variant);
      if (server !== undefined) samples.get(variant)?.push(await load(server, seconds));
    }
  }
  return samples;
}

async function load(server: MeasuredServer, seconds: number): Promise<number> {
  const before = await cpuMicrosOf(server);
  const requests = Array.from({ length: USERS }, (_, i) => ({ headers: { 'x-user': `user-${i}` } }));
  const result = await autocannon({ url: server.url, connections: CONNECTIONS, duration: seconds, requests });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`cannot measure ${server.url}: ${result.non2xx} refused, ${result.errors} failed`);
  return ((await cpuMicrosOf(server)) - before) / result['2xx'];
}

function report(samples: ReadonlyMap<string, readonly number[]>): void {
  const leastOf = (variant: string): number => Math.min(...(samples.get(variant) ?? []));
  console.log('\nProcessor µs per request of the server: least of the rounds, median');
  for (const [variant, name] of Object.entries(VARIANTS)) {
    const figures = [leastOf(variant), median(samples.get(variant) ?? [])];
    console.log(`  ${figures.map((micros) => micros.toFixed(1).padStart(6)).join('  ')}  ${name}`);
  }
  const added = (variant: string): number => leastOf(variant) - leastOf(`${variant.split('+')[0]}+bare`);
  const figure = (name: string, variant: string, peers: Readonly<Record<string, string>>): Figure => ({
    name,
    value: added(variant),
    unit: 'µs',
    goal: `${GOAL_MICROS} µs`,
    isReached: added(variant) <= GOAL_MICROS,
    peers: Object.entries(peers).map(([peer, of]) => ({ name: peer, value: added(of) })),
  });
  const fastifyPeers = { 'fastify-metrics 14.1.0': 'fastify+peer', 'OpenTelemetry 0.301': 'fastify+otel' };
  const expressPeers = { 'express-prom-bundle 8.0.0': 'express+peer' };
  printTable('Added to each request (times less than the peer)', [
    figure('node:http, metrics', 'node+metrics', {}),
    figure('Fastify, metrics', 'fastify+metrics', fastifyPeers),
    figure('Fastify, metrics and guard', 'fastify+guard', {}),
    figure('Express, metrics', 'express+metrics', expressPeers),
    figure('Express, metrics and guard', 'express+guard', {}),
  ]);
}
