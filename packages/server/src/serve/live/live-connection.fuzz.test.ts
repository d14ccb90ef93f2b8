import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { createTestClock } from '../test-server.ts';
import { LiveHub } from './live-hub.ts';
import { createLiveMetrics } from './live-metrics.ts';
import { ValueFeed } from './value-feed.ts';

const SEED = 20261121;
const CONNECTIONS = 400;
const MESSAGES = 20;

/** Good messages, so that mutations of them reach deep. */
const CORPUS = [
  {
    op: 'sub',
    id: 1,
    topic: 'query',
    params: { exprs: ['up'], start: 'now-5m', end: 'now', step: 1000 },
    since: 4,
  },
  { op: 'sub', id: 2, topic: 'alerts', params: { paused: true } },
  { op: 'upd', id: 1, params: { exprs: ['up'], start: 1, end: 2, step: 1000, paused: true } },
  { op: 'upd', id: 2, params: {} },
  { op: 'unsub', id: 1 },
  { op: 'ack', id: 1, seq: 9007199254740991 },
  { op: 'ping' },
].map((message) => JSON.stringify(message));

const SPLICES = [
  '',
  '{',
  '}',
  '[]',
  'null',
  '-1',
  '1e999',
  '"__proto__"',
  '\u0000',
  '"op"',
  'now-99999999y',
  '😀',
  '0.5',
];

function mutate(text: string, random: SeededRandom): string {
  const pick = (length: number): number => Math.floor(random.float() * length);
  let mutated = text;
  for (let i = pick(4); i > 0; i--) {
    const at = pick(mutated.length);
    mutated = mutated.slice(0, at) + (SPLICES[pick(SPLICES.length)] ?? '') + mutated.slice(at + pick(5));
  }
  return mutated;
}

test('whatever a client sends, the connection answers or closes with a code of the protocol', async () => {
  const random = new SeededRandom(SEED);
  const clock = createTestClock();
  const hub = new LiveHub(
    { clock, random, log: SILENT_LOG, metrics: createLiveMetrics(createMetricsRegistry()) },
    { connectionsMax: CONNECTIONS, createFeed: () => new ValueFeed({ clock, log: SILENT_LOG }, () => []) },
  );
  const codes = new Set<number>();
  for (let i = 0; i < CONNECTIONS; i++) {
    const connection = hub.connect(
      {
        bufferedBytes: 0,
        send: (text) => void JSON.parse(text),
        ping: () => undefined,
        pong: () => undefined,
        close: (code) => void codes.add(code),
        terminate: () => undefined,
      },
      () => 'viewer',
    );
    for (let m = 0; m < MESSAGES; m++) {
      const message = mutate(CORPUS[Math.floor(random.float() * CORPUS.length)] ?? '', random);
      try {
        connection.receive(message);
      } catch (error) {
        assert.fail(`seed ${SEED}, message ${JSON.stringify(message)}: ${String(error)}`);
      }
    }
    hub.disconnect(connection);
  }
  hub.close();
  assert.deepEqual([...codes], [4400], `seed ${SEED}`);
  assert.equal(clock.pendingTimerCount, 0, `seed ${SEED}`);
});
