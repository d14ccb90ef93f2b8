import assert from 'node:assert/strict';
import { createServer, request, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { exposeMetrics } from './exposition.ts';
import type { MetricsRegistry } from './instruments.ts';
import { metricsHandler, renderMetrics } from './metrics-handler.ts';
import type { MetricsSource } from './metrics-page.ts';
import { createMetricsRegistry } from './registry.ts';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Serves `source` until the test ends; asks it as `ask` says. */
async function serve(t: TestContext, source: MetricsSource) {
  const server = createServer(metricsHandler(source));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return (headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const asked = request(
        { port, host: '127.0.0.1', path: '/metrics', headers, method, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks),
            }),
          );
          response.on('error', reject);
        },
      );
      asked.on('error', reject);
      asked.end();
    });
}

function exampleRegistry(seriesCount = 3): MetricsRegistry {
  const registry = createMetricsRegistry();
  const hits = registry.counter({
    name: 'hits_total',
    help: 'h',
    labelNames: ['id'],
    seriesMax: seriesCount,
  });
  for (let i = 0; i < seriesCount; i++) hits.inc(i, `id ${i}`);
  return registry;
}

test('the handler answers in the format that is asked for, compressed for those who take it', async (t) => {
  const registry = exampleRegistry(2000);
  const ask = await serve(t, registry);
  const text = [...exposeMetrics(registry, 'prometheus')].join('');
  const plain = await ask();
  assert.equal(plain.status, 200);
  assert.equal(plain.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(plain.headers.vary, 'Accept, Accept-Encoding');
  assert.equal(plain.body.toString(), text);
  const open = await ask({ accept: 'application/openmetrics-text', 'accept-encoding': 'br, gzip;q=0.5' });
  assert.equal(open.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(open.body).toString(), [...exposeMetrics(registry, 'openmetrics')].join(''));
  const accept = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
  const protobuf = await ask({ accept, 'accept-encoding': 'gzip;q=0' });
  assert.equal(protobuf.headers['content-encoding'], undefined);
  assert.match(protobuf.headers['content-type'] ?? '', /MetricFamily; encoding=delimited/);
  assert.ok(protobuf.body.includes('hits_total'));
});

test('HEAD has the headers alone, other methods are refused', async (t) => {
  const ask = await serve(t, exampleRegistry());
  const head = await ask({}, 'HEAD');
  assert.deepEqual([head.status, head.body.length], [200, 0]);
  const post = await ask({}, 'POST');
  assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD']);
});

test('a source that fails is answered with 500, and one that breaks off with a broken answer', async (t) => {
  const fails = await serve(t, { read: () => Promise.reject(new Error('no')) });
  const answer = await fails();
  assert.deepEqual([answer.status, answer.body.toString()], [500, 'cannot collect metrics\n']);
  const [family] = exampleRegistry().read();
  const broken = await serve(t, {
    read: () => [
      {
        ...family!,
        valueOf: () => {
          throw new Error('half way');
        },
      },
    ],
  });
  await assert.rejects(broken(), /aborted|hang up|ECONNRESET/);
});

/** Time goes by when a value is read, 0.01 ms for each: the only work there is. */
class WorkClock {
  ms = 0;
  yields = 0;
  longestMs = 0;
  #sinceMs = 0;

  monotonicMs(): number {
    return this.ms;
  }

  yield(): Promise<void> {
    this.yields++;
    this.longestMs = Math.max(this.longestMs, this.ms - this.#sinceMs);
    this.#sinceMs = this.ms;
    return Promise.resolve();
  }
}

test('a long page lets the event loop run at least every 10 ms of work', async () => {
  const clock = new WorkClock();
  const registry = exampleRegistry(20_000);
  const source: MetricsSource = {
    read: () =>
      registry.read().map((family) => ({
        ...family,
        valueOf: (series, sample) => {
          clock.ms += 0.01;
          return family.valueOf(series, sample);
        },
      })),
  };
  const page = await renderMetrics(source, 'prometheus', { clock });
  assert.equal(page, [...exposeMetrics(registry, 'prometheus')].join(''));
  // 200 ms of work in slices of 5 ms and a piece.
  assert.ok(clock.yields >= 20 && clock.yields <= 40, `${clock.yields} yields`);
  assert.ok(clock.longestMs < 10, `${clock.longestMs} ms`);
});
