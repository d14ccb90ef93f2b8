import assert from 'node:assert/strict';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { labelsToRecord, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { DiskFiles } from '../../../lib/disk-files.ts';
import { Secret } from '../../../lib/secret.ts';
import { SILENT_LOG } from '../../../telemetry/log.ts';
import { createScrapeMetrics } from '../scrape-metrics.ts';
import type { TargetDiscovery } from './discovery.ts';
import { createHttpDiscovery } from './http-discovery.ts';

interface Fixture {
  readonly url: string;
  readonly discovery: TargetDiscovery;
  readonly clock: VirtualClock;
  readonly requests: http.IncomingMessage[];
  readonly logged: string[];
  respond: (response: http.ServerResponse) => void;
  records(): readonly Record<string, string>[];
  failureCount(): number;
}

async function createFixture(t: TestContext): Promise<Fixture> {
  const requests: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    requests.push(request);
    fixture.respond(response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sd`;
  const clock = new VirtualClock({ startMs: 0 });
  const registry = createMetricsRegistry();
  const logged: string[] = [];
  const discovery = createHttpDiscovery(
    {
      clock,
      files: new DiskFiles(),
      log: { ...SILENT_LOG, warn: (_message, fields) => void logged.push(String(fields?.['error'])) },
      metrics: createScrapeMetrics(registry),
    },
    {
      kind: 'http',
      url,
      refreshMs: 45_000,
      http: { follow_redirects: true, enable_http2: true, bearer_token: new Secret('t') },
    },
    { directory: '/', userAgent: 'Vedette/1' },
  );
  t.after(() => discovery.stop());
  const fixture: Fixture = {
    url,
    discovery,
    clock,
    requests,
    logged,
    respond: json([]),
    records: () => discovery.targets().map(labelsToRecord),
    failureCount: () =>
      registry.collect().find(({ name }) => name === 'vedette_scrape_discovery_failures_total')?.samples[0]
        ?.value ?? 0,
  };
  return fixture;
}

function json(content: unknown): (response: http.ServerResponse) => void {
  return (response) =>
    void response
      .writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-encoding': 'gzip' })
      .end(gzipSync(JSON.stringify(content)));
}

function text(status: number, type: string, body: string): (response: http.ServerResponse) => void {
  return (response) => void response.writeHead(status, { 'content-type': type }).end(body);
}

test('targets come with their labels and the URL they are from', async (t) => {
  const fixture = await createFixture(t);
  fixture.respond = json([
    { targets: ['a:1', 'b:2'], labels: { zone: 'x' } },
    { targets: ['c:3'] },
    { targets: [] },
  ]);
  assert.equal(await fixture.discovery.refresh(), true);
  assert.deepEqual(fixture.records(), [
    { __address__: 'a:1', __meta_url: fixture.url, zone: 'x' },
    { __address__: 'b:2', __meta_url: fixture.url, zone: 'x' },
    { __address__: 'c:3', __meta_url: fixture.url },
  ]);
  const { headers } = fixture.requests[0]!;
  assert.equal(headers['accept'], 'application/json');
  assert.equal(headers['authorization'], 'Bearer t');
  assert.equal(headers['user-agent'], 'Vedette/1');
  assert.equal(headers['x-prometheus-refresh-interval-seconds'], '45');
  assert.equal(await fixture.discovery.refresh(), false, 'the same answer is no change');
});

test('an answer that cannot be used keeps the last good targets and is told once', async (t) => {
  const fixture = await createFixture(t);
  fixture.respond = json([{ targets: ['a:1'] }]);
  await fixture.discovery.refresh();
  const cases: [RegExp, (response: http.ServerResponse) => void][] = [
    [/HTTP status 500/, text(500, 'application/json', '[]')],
    [/unsupported content type "text\/html"/, text(200, 'text/html', '[]')],
    [/JSON/, text(200, 'application/json', '[{"targets":')],
    [/valid hostname/, json([{ targets: ['http://x/'] }])],
    [/expected array/, json({ targets: ['x:1'] })],
    [/body size limit exceeded/, json([{ targets: ['x'.repeat(9 * 2 ** 20)] }])],
    [/connection reset|socket hang up/, (response) => void response.destroy()],
  ];
  for (const [i, [want, respond]] of cases.entries()) {
    fixture.respond = respond;
    assert.equal(await fixture.discovery.refresh(), false);
    await fixture.discovery.refresh();
    assert.match(fixture.logged[i] ?? '', want);
    assert.equal(fixture.logged.length, i + 1, 'a lasting failure is logged once');
    assert.equal(fixture.failureCount(), 2 * (i + 1));
    assert.deepEqual(fixture.records(), [{ __address__: 'a:1', __meta_url: fixture.url }]);
  }
});

test('a server that does not answer is given up at the deadline', async (t) => {
  const fixture = await createFixture(t);
  const asked = new Promise<void>((resolve) => {
    fixture.respond = () => resolve();
  });
  const looking = fixture.discovery.refresh();
  await asked;
  await fixture.clock.advance(30_000);
  assert.equal(await looking, false);
  assert.match(fixture.logged[0] ?? '', /no answer within 30000 ms/);
});

test('looks follow one another at the interval until stopped', async (t) => {
  const fixture = await createFixture(t);
  let changes = 0;
  let heard: (() => void) | undefined;
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      heard = resolve;
    });
  fixture.respond = json([{ targets: ['a:1'] }]);
  const first = next();
  fixture.discovery.start(() => {
    changes++;
    heard?.();
  });
  await first;
  fixture.respond = json([{ targets: ['b:1'] }]);
  const second = next();
  // The timer is set in the turn that told of the change.
  await new Promise((resolve) => void setImmediate(resolve));
  await fixture.clock.advance(45_000);
  await second;
  assert.equal(changes, 2);
  assert.equal(fixture.records()[0]?.['__address__'], 'b:1');
  fixture.discovery.stop();
  await fixture.clock.advance(200_000);
  assert.equal(fixture.requests.length, 2);
});
