import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { InputError, labelsOf, MemoryMetrics, VirtualClock, type Matcher } from '@vedette/model';
import { parseExpr } from '@vedette/promql';
import { createMetricsRegistry } from '@vedette/sdk';
import { createEmbeddedPromQuery } from '../../query/metrics/embedded.ts';
import { queryConfigSchema } from '../../query/metrics/config.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { startTestServer } from '../test-server.ts';

const NOW_MS = 1_700_000_000_000;

function parseSelector(text: string): readonly Matcher[] {
  const expr = parseExpr(text);
  if (expr.kind === 'vector') return expr.matchers;
  throw new InputError('VED_QUERY_INVALID', 'cannot use it as a series selector');
}

/** Real timers, for the sockets; one wall time. */
class StoppedClock extends SystemClock {
  override nowMs(): number {
    return NOW_MS;
  }
}

async function federate(t: TestContext, metrics: MemoryMetrics, search: string): Promise<Response> {
  const clock = new VirtualClock({ startMs: NOW_MS });
  const query = createEmbeddedPromQuery(
    { reader: metrics, slicer: new TimeSlicer(clock), clock, registry: createMetricsRegistry() },
    queryConfigSchema.parse({}),
  );
  const server = await startTestServer({
    clock: new StoppedClock(),
    query: query,
    parseSelector,
    federation: { lookbackMs: 300_000, externalLabels: () => labelsOf({ site: 'home' }) },
  });
  t.after(() => server.close());
  return await fetch(`${server.address}/federate${search}`);
}

function createMetrics(): MemoryMetrics {
  const metrics = new MemoryMetrics();
  const add = (labels: Record<string, string>, agoMs: number, value: number): void =>
    metrics.add(labelsOf(labels), NOW_MS - agoMs, value);
  add({ __name__: 'up', job: 'a' }, 20_000, 0);
  add({ __name__: 'up', job: 'a' }, 5000, 1);
  add({ __name__: 'up', job: 'old' }, 300_000, 1);
  add({ __name__: 'up', job: 'ended' }, 20_000, 1);
  metrics.addStaleMarker(labelsOf({ __name__: 'up', job: 'ended' }), NOW_MS - 5000);
  add({ __name__: 'a.b', Z: '1', job: 'a' }, 1000, 2);
  add({ __name__: 'load' }, 0, 3);
  return metrics;
}

test('the newest sample of each live series comes once, whatever selects it', async (t) => {
  const answer = await federate(t, createMetrics(), '?match[]=up&match[]={job="a"}&match[]=load');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(
    await answer.text(),
    `# TYPE a_b untyped
a_b{Z="1",job="a",instance="",site="home"} 2 ${NOW_MS - 1000}
# TYPE load untyped
load{instance="",site="home"} 3 ${NOW_MS}
# TYPE up untyped
up{job="a",instance="",site="home"} 1 ${NOW_MS - 5000}
`,
  );
});

test('nothing selected is an empty page, as is a name that nobody has', async (t) => {
  for (const query of ['', '?match[]=nobody']) {
    const answer = await federate(t, createMetrics(), query);
    assert.deepEqual([answer.status, await answer.text()], [200, '']);
  }
});

test('a selector that cannot be read, or takes everything, is told as text', async (t) => {
  const check = async (query: string, want: RegExp): Promise<void> => {
    const answer = await federate(t, createMetrics(), query);
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), want);
  };
  await check('?match[]=up{', /parse error/);
  await check('?match[]=rate(up[5m])', /selector/);
  await check('?match[]={job=~".*"}', /non-empty matcher/);
});
