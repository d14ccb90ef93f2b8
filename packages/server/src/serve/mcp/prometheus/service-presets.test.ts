import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakePrometheus, vector } from './fake-prometheus.ts';

type Labels = Record<string, string>;

/** A house in which these series are: the question for families finds them, every other one answers 1 each. */
function house(...found: readonly Labels[]) {
  const queries: string[] = [];
  const fake = fakePrometheus((_, form) => {
    const query = form.get('query') ?? '';
    if (query.startsWith('count by (__name__'))
      return vector(...found.map((labels): [Labels, number] => [labels, 1]));
    queries.push(query);
    return vector([found[0] ?? {}, 1]);
  });
  return { ...fake, queries };
}

test("OpenTelemetry's histogram is found by its job", async () => {
  const { ask, queries } = house(
    { __name__: 'http_request_duration_seconds_bucket', job: 'old' },
    { __name__: 'http_server_request_duration_seconds_bucket', job: 'shop/api' },
  );
  const text = await ask('prom_service_latency', { service: 'shop/api', quantile: 0.99 });
  assert.equal(
    queries[0],
    'histogram_quantile(0.99, sum by (le, job) (rate(http_server_request_duration_seconds_bucket{job="shop/api"}[5m])))',
  );
  assert.match(text, /p99 s/);
  assert.ok(text.includes(`p99 s: ${queries[0]}`));
});

test('a service is known by its first label, its namespace is told with it', async () => {
  const { ask, queries } = house({
    __name__: 'http_request_duration_seconds_bucket',
    namespace: 'prod',
    service: 'api',
    job: 'kubernetes',
  });
  await ask('prom_service_latency', { namespace: 'prod' });
  assert.equal(
    queries[0],
    'histogram_quantile(0.95, sum by (le, namespace, service) (rate(http_request_duration_seconds_bucket{service!="",namespace="prod"}[5m])))',
  );
});

test('milliseconds become seconds; native histograms need no buckets', async () => {
  const first = house({ __name__: 'http_server_duration_milliseconds_bucket', job: 'a' });
  await first.ask('prom_service_latency', { service: 'a' });
  assert.match(first.queries[0] ?? '', /\) \/ 1000$/);
  const second = house({ __name__: 'http_request_duration_seconds', job: 'a' });
  await second.ask('prom_service_latency', { service: 'a' });
  assert.equal(
    second.queries[0],
    'histogram_quantile(0.95, sum by (job) (rate(http_request_duration_seconds{job="a"}[5m])))',
  );
  assert.match(second.queries.join('\n'), /histogram_count\(sum by \(job\) \(rate\(/);
});

test('errors are those of the status label that the family has', async () => {
  const check = async (labels: Labels, want: string): Promise<void> => {
    const { ask, queries } = house({ job: 'a', ...labels });
    await ask('prom_service_error_rate', { service: 'a' });
    assert.ok(queries[0]?.includes(want), `${queries[0]} has no ${want}`);
  };
  await check({ __name__: 'http_requests_total', code: '200' }, 'code=~"5..|STATUS_CODE_ERROR"');
  await check({ __name__: 'http_requests_total', status: '2xx' }, 'status=~"5..|');
  await check(
    { __name__: 'http_server_request_duration_seconds_count', http_response_status_code: '200' },
    'http_server_request_duration_seconds_count{job="a",http_response_status_code=~"5..',
  );
  await check(
    { __name__: 'grpc_server_handled_total', grpc_code: 'OK' },
    'grpc_code=~"Unknown|DeadlineExceeded',
  );
  await check(
    { __name__: 'traces_spanmetrics_calls_total', status_code: 'STATUS_CODE_UNSET' },
    'span_kind="SPAN_KIND_SERVER",status_code=~',
  );
});

test('a label that holds no status is none', async () => {
  const { ask } = house({ __name__: 'http_requests_total', job: 'a', status: 'hot' });
  assert.match(await ask('prom_service_error_rate', { service: 'a' }), /no request metrics of "a"/);
});

test('a service that is not there is told which are', async () => {
  const { ask } = house(
    { __name__: 'http_requests_total', service: 'checkout' },
    { __name__: 'http_requests_total', job: 'cart' },
  );
  const text = await ask('prom_service_request_rate', { service: 'chekout' });
  assert.match(text, /no request metrics of "chekout"/);
  assert.match(text, /service\ncart\ncheckout\n/);
  assert.match(text, /one is spelled nearly the same/);
});

test('patterns choose services as the matchers do', async () => {
  const { ask, queries } = house(
    { __name__: 'http_requests_total', job: 'shop-api-1' },
    { __name__: 'http_requests_total', job: 'other' },
  );
  await ask('prom_service_request_rate', { service: 'shop-*-1' });
  assert.equal(queries[0], 'sum by (job) (rate(http_requests_total{job=~"shop-.*-1"}[5m]))');
  const none = house({ __name__: 'http_requests_total', job: 'shop-1' });
  assert.match(await none.ask('prom_service_request_rate', { service: 'shop-*-1' }), /no request metrics/);
});

test('no argument gets into an expression as more than a value', async () => {
  const hostile = 'x"}[5m])) or vector(1) #';
  const { ask, asked } = house({
    __name__: 'http_requests_total',
    job: hostile,
    namespace: hostile,
    code: '200',
  });
  const args = { service: hostile, namespace: hostile };
  await ask('prom_service_error_rate', args);
  for (const { form } of asked) {
    const query = form?.get('query') ?? '';
    const outside = query.replaceAll(/"(?:[^"\\]|\\.)*"/g, '');
    assert.doesNotMatch(outside, /vector|#/, query);
  }
  await assert.rejects(
    ask('prom_service_error_rate', { ...args, window: '5m] offset 1h' }),
    /"window": must be a duration/,
  );
  await assert.rejects(
    ask('prom_service_error_rate', { ...args, by: 'a) (up' }),
    /"by": must be the name of a label/,
  );
  await assert.rejects(
    ask('prom_service_error_rate', { ...args, metric: 'up or x' }),
    /"metric": must be the name/,
  );
  await assert.rejects(ask('prom_service_error_rate', { window: '30d' }), /"window": must be at most 1w/);
});
