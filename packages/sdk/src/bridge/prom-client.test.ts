import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import * as prometheusIo from '@prometheus-io/client';
import * as promClient from 'prom-client';
import { exposeFamilies, type ExpositionFormat } from '../metrics/exposition.ts';
import type { MetricsSource } from '../metrics/metrics-page.ts';
import { exposeProtobuf } from '../metrics/protobuf-exposition.ts';
import { createMetricsRegistry } from '../metrics/registry.ts';
import { mergeRegistries, type BridgeFault, type ForeignRegistry } from './prom-client.ts';

const pageOf = async (source: MetricsSource, format: ExpositionFormat = 'prometheus'): Promise<string> =>
  [...exposeFamilies(await source.read(), format)].join('');

const samplesOf = (page: string): string[] =>
  page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

/** What the clients have in common, of one of them. */
function fill(client: typeof promClient | typeof prometheusIo, register: ForeignRegistry, prefix = ''): void {
  const registers = [register as promClient.Registry];
  const { Counter, Gauge, Histogram, Summary } = client as typeof promClient;
  const hits = new Counter({
    name: `${prefix}hits_total`,
    help: 'Hits "x"\n.',
    labelNames: ['a', 'b'],
    registers,
  });
  hits.inc({ a: 'x "y"\n\\', b: '1' }, 2);
  hits.inc({ a: 'only' });
  new Gauge({ name: `${prefix}heat`, help: 'h', registers }).set(-1.5);
  const waits = new Histogram({
    name: `${prefix}waits`,
    help: 'h',
    labelNames: ['a'],
    buckets: [1, 2.5],
    registers,
  });
  for (const value of [0.5, 2, 9]) waits.observe({ a: 'x' }, value);
  waits.observe({ a: 'y' }, 1);
  const times = new Summary({
    name: `${prefix}times`,
    help: 'h',
    percentiles: [0.5],
    labelNames: ['a'],
    registers,
  });
  times.observe({ a: 'x' }, 3);
}

for (const [name, client] of Object.entries({
  'prom-client': promClient,
  '@prometheus-io/client': prometheusIo,
})) {
  test(`what ${name} exposes stands on our page as it stands on its own`, async () => {
    const register = new client.Registry() as promClient.Registry;
    register.setDefaultLabels({ site: 'here', a: 'default' });
    fill(client, register);
    const registry = createMetricsRegistry();
    registry.counter({ name: 'own_total', help: 'h' }).inc(4);
    const page = await pageOf(mergeRegistries(registry, [register]));
    const sorted = (line: string): string =>
      line.replace(
        /\{(.*)\}/,
        (_, pairs: string) => `{${(pairs.match(/\w+="(?:[^"\\]|\\.)*"/g) ?? []).sort().join()}}`,
      );
    const theirs = samplesOf(await register.metrics())
      .map(sorted)
      .sort();
    const ours = samplesOf(page)
      .filter((line) => !/^(own|sdk)_/.test(line))
      .map(sorted)
      .sort();
    assert.deepEqual(ours, theirs);
    assert.match(page, /^own_total 4$/m);
    assert.match(page, /# TYPE waits histogram\nwaits_bucket\{site="here",a="x",le="1"\} 1\n/);
  });
}

test('registries of both clients and ours are one page, in every format', async (t) => {
  const first = new promClient.Registry();
  const second = new prometheusIo.Registry();
  fill(promClient, first, 'first_');
  fill(prometheusIo, second, 'second_');
  const source = mergeRegistries(createMetricsRegistry(), [first, second]);
  const page = await pageOf(source);
  assert.ok(page.indexOf('first_times_count') < page.indexOf('second_hits_total'));
  const open = await pageOf(source, 'openmetrics');
  assert.match(open, /# TYPE first_hits counter\nfirst_hits_total\{/);
  assert.ok(Buffer.concat([...exposeProtobuf(await source.read())]).includes('second_waits'));
  const promtool = spawnSync('promtool', ['check', 'metrics'], { input: page, encoding: 'utf8' });
  if (promtool.error !== undefined && process.env['VEDETTE_PEERS'] !== 'required')
    t.skip('promtool is not installed');
  else assert.equal(promtool.status, 0, promtool.stderr);
});

test('a name that is taken is left out, counted at each reading and reported once', async () => {
  const first = new promClient.Registry();
  const second = new prometheusIo.Registry();
  for (const [register, client] of [
    [first, promClient],
    [second, prometheusIo],
  ] as const)
    fill(client, register);
  const registry = createMetricsRegistry();
  // Theirs has samples of this name.
  registry.gauge({ name: 'waits_sum', help: 'ours' }).set(1);
  const faults: BridgeFault[] = [];
  const source = mergeRegistries(registry, [first, second], { onFault: (fault) => faults.push(fault) });
  for (let i = 0; i < 3; i++) {
    const page = await pageOf(source);
    assert.equal(page.match(/^# TYPE hits_total /gm)?.length, 1);
    assert.equal(page.match(/^# TYPE waits/gm)?.length, 1);
    assert.match(page, /^waits_sum 1$/m);
    assert.match(page, /^sdk_bridge_metrics_left_out\{reason="clash"\} 5$/m);
  }
  assert.deepEqual(
    faults.map(({ metric, reason }) => `${reason} ${metric}`),
    ['clash waits', 'clash hits_total', 'clash heat', 'clash times'],
  );
});

test('counters without _total keep their name in the text, and have it in OpenMetrics', async () => {
  const register = new promClient.Registry();
  const hits = new promClient.Counter({ name: 'hits', help: 'h', labelNames: ['a'], registers: [register] });
  hits.inc({ a: 'x' });
  const source = mergeRegistries(createMetricsRegistry(), [register]);
  assert.match(await pageOf(source), /# TYPE hits counter\nhits\{a="x"\} 1\n/);
  assert.match(await pageOf(source, 'openmetrics'), /# TYPE hits counter\nhits_total\{a="x"\} 1\n/);
});

test('exemplars of the other clients come along', async () => {
  const register = new promClient.Registry();
  // Its types know no registry of this kind before it is told.
  register.setContentType(promClient.Registry.OPENMETRICS_CONTENT_TYPE as never);
  const registers = [register];
  const hits = new promClient.Counter({ name: 'hits_total', help: 'h', enableExemplars: true, registers });
  hits.inc({ value: 2, exemplarLabels: { trace_id: 't' } });
  const waits = new promClient.Histogram({
    name: 'w',
    help: 'h',
    buckets: [1],
    enableExemplars: true,
    registers,
  });
  waits.observe({ value: 0.5, exemplarLabels: { trace_id: 'u' } });
  const source = mergeRegistries(createMetricsRegistry(), [register]);
  const open = await pageOf(source, 'openmetrics');
  assert.match(open, /^hits_total 2 # \{trace_id="t"\} 2 [\d.]+$/m);
  assert.match(open, /^w_bucket\{le="1"\} 1 # \{trace_id="u"\} 0.5 [\d.]+$/m);
  // Its own page has taken the suffix off the counter's name.
  await register.metrics();
  assert.match(await pageOf(source), /^hits_total 2$/m);
});

/** A registry of what `getMetricsAsArray` may hand out at its worst. */
const registryOf = (...metrics: unknown[]): ForeignRegistry =>
  ({ contentType: 'text/plain', getMetricsAsArray: () => metrics }) as unknown as ForeignRegistry;

const metricOf = (answer: unknown, name = 'm'): unknown => ({ name, get: () => Promise.resolve(answer) });

test('a foreign metric that is none costs itself alone', async () => {
  const good = { name: 'good', help: 'h', type: 'gauge', values: [{ value: 1, labels: {} }] };
  const check = async (bad: unknown, reason: BridgeFault['reason'], message: RegExp): Promise<void> => {
    const faults: BridgeFault[] = [];
    const source = mergeRegistries(createMetricsRegistry(), [registryOf(bad, metricOf(good, 'good'))], {
      onFault: (fault) => faults.push(fault),
    });
    assert.match(await pageOf(source), /^good 1$/m);
    assert.equal(faults.length, 1);
    assert.equal(faults[0]!.reason, reason);
    assert.match(faults[0]!.message, message);
  };
  const values = [{ value: 1, labels: {} }];
  await check(null, 'failed', /Cannot destructure|null/);
  await check({}, 'failed', /it has no method "get"/);
  await check({ get: () => Promise.reject(new Error('broken')) }, 'failed', /broken/);
  await check(
    {
      get: () => {
        throw new Error('at once');
      },
    },
    'failed',
    /at once/,
  );
  await check(metricOf(undefined), 'invalid', /its name is none/);
  await check(metricOf({ ...good, name: 'a b' }), 'invalid', /its name is none/);
  await check(metricOf({ ...good, name: 'm', type: 'info' }), 'invalid', /its type "info" is not known/);
  await check(metricOf({ ...good, name: 'm', values: undefined }), 'invalid', /it has no values/);
  await check(metricOf({ ...good, name: 'm', values: [null] }), 'invalid', /no number/);
  await check(metricOf({ ...good, name: 'm', values: [{ value: '1' }] }), 'invalid', /no number/);
  await check(metricOf({ ...good, name: 'm', values: [...values, ...values] }), 'invalid', /same labels/);
  const labels = { __name__: 'x' };
  await check(
    metricOf({ ...good, name: 'm', values: [{ value: 1, labels }] }),
    'invalid',
    /"__name__" is none/,
  );
  const foreignSample = [{ value: 1, metricName: 'good' }];
  await check(
    metricOf({ ...good, name: 'm', values: foreignSample }),
    'invalid',
    /"good" that is not its own/,
  );
  const torn = [{ value: 1, metricName: 'm_sum', labels: {} }];
  await check(
    metricOf({ ...good, name: 'm', type: 'histogram', values: torn }),
    'invalid',
    /not the same samples/,
  );
});

test('a histogram whose series are not alike is left out', async () => {
  const bucket = (a: string, le: string) => ({ metricName: 'm_bucket', labels: { a, le }, value: 1 });
  const rest = (a: string) =>
    ['m_sum', 'm_count'].map((metricName) => ({ metricName, labels: { a }, value: 1 }));
  const check = async (values: unknown[], isShown: boolean): Promise<void> => {
    const metric = metricOf({ name: 'm', help: 'h', type: 'histogram', values });
    const page = await pageOf(mergeRegistries(createMetricsRegistry(), [registryOf(metric)]));
    assert.equal(page.includes('m_count'), isShown);
  };
  await check([bucket('x', '+Inf'), ...rest('x'), bucket('y', '+Inf'), ...rest('y')], true);
  await check([bucket('x', '+Inf'), ...rest('x'), bucket('y', '1'), ...rest('y')], false);
  await check([bucket('x', '+Inf'), ...rest('y')], false);
  await check([bucket('x', '+Inf'), ...rest('x'), bucket('y', '+Inf')], false);
});

test('a reading that never ends is given up at the deadline; the rest is there', async () => {
  const timers: (() => void)[] = [];
  const clock = {
    setTimer: (delayMs: number, task: () => void) => {
      assert.equal(delayMs, 100);
      timers.push(task);
      return { cancel: () => {} };
    },
  };
  const faults: BridgeFault[] = [];
  const hangs = { name: 'hangs', get: () => new Promise(() => {}) };
  const registry = createMetricsRegistry();
  const options = { clock, timeoutMs: 100, onFault: (fault: BridgeFault) => faults.push(fault) };
  const page = pageOf(mergeRegistries(registry, [registryOf(hangs)], options));
  timers.forEach((fire) => fire());
  assert.match(await page, /^sdk_bridge_metrics_left_out\{reason="failed"\} 1$/m);
  assert.deepEqual(faults, [{ metric: 'hangs', reason: 'failed', message: 'it took longer than 100 ms' }]);
});

test('a registry that is none, and a listener that throws, keep nobody from the page', async () => {
  const onFault = (): void => {
    throw new Error('listener');
  };
  const none = [undefined, {}, { getMetricsAsArray: () => 5 }] as unknown as ForeignRegistry[];
  const page = await pageOf(mergeRegistries(createMetricsRegistry(), none, { onFault }));
  assert.match(page, /^sdk_bridge_metrics_left_out\{reason="failed"\} 3$/m);
});
