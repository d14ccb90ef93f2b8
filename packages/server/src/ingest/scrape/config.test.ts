import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { z } from 'zod';
import { findScrapeFaults, globalScrapeShape, scrapeConfigs } from './config.ts';
import { resolveJob, sampleFingerprintOf, type ScrapeJob } from './job.ts';

const global = z.strictObject(globalScrapeShape);

const jobOf = (config: object, globalConfig: object = {}): ScrapeJob => {
  const [parsed] = scrapeConfigs.parse([{ job_name: 'app', ...config }]);
  return resolveJob(global.parse(globalConfig), parsed!);
};

const refuse = (config: object, want: RegExp): void => {
  const result = scrapeConfigs.safeParse([{ job_name: 'app', ...config }]);
  assert.ok(!result.success, inspect(config));
  assert.match(z.prettifyError(result.error), want);
};

test('an empty job has the defaults of Prometheus and limits of our own', () => {
  const { http, ...job } = jobOf({});
  assert.deepEqual(job, {
    name: 'app',
    intervalMs: 15_000,
    timeoutMs: 10_000,
    scheme: 'http',
    metricsPath: '/metrics',
    params: {},
    honorLabels: false,
    honorTimestamps: true,
    trackTimestampsStaleness: false,
    hasExtraMetrics: false,
    isLegacyNames: false,
    acceptHeader:
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    isCompressionEnabled: true,
    fallbackFormat: undefined,
    staticGroups: [],
    discoveries: [],
    relabelRules: [],
    metricRelabelRules: [],
    limits: {
      bodyBytesMax: 67_108_864,
      sampleCountMax: 1_000_000,
      sampleLimitConfigured: 0,
      labels: { labelCountMax: 128, nameBytesMax: 1024, valueBytesMax: 16_384 },
      targetCountMax: 10_000,
      droppedTargetsMax: 1000,
    },
    histograms: {
      isNativeScraped: false,
      isClassicAlwaysKept: false,
      isClassicConverted: false,
      bucketCountMax: 10_000,
      schemaMax: 8,
    },
  });
  assert.equal(http.follow_redirects, true);
});

test('a job wins over global, and 0 is our limit', () => {
  const limits = jobOf(
    { sample_limit: 5, label_limit: 0, body_size_limit: '10MB' },
    { sample_limit: 3, label_limit: 7 },
  ).limits;
  assert.deepEqual(
    [limits.sampleCountMax, limits.labels.labelCountMax, limits.bodyBytesMax],
    [5, 128, 10_485_760],
  );
  assert.equal(jobOf({}, { sample_limit: 3 }).limits.sampleCountMax, 3);
});

test('histograms are chosen per job, or for all in global', () => {
  const chosen = {
    scrape_native_histograms: true,
    always_scrape_classic_histograms: true,
    convert_classic_histograms_to_nhcb: true,
    native_histogram_bucket_limit: 100,
    native_histogram_min_bucket_factor: 1.1,
  };
  const want = {
    isNativeScraped: true,
    isClassicAlwaysKept: true,
    isClassicConverted: true,
    bucketCountMax: 100,
    schemaMax: 2,
  };
  assert.deepEqual(jobOf(chosen).histograms, want);
  assert.deepEqual(jobOf({}, chosen).histograms, want);
  assert.deepEqual(
    jobOf({ scrape_native_histograms: false, native_histogram_bucket_limit: 0 }, chosen).histograms,
    { ...want, isNativeScraped: false, bucketCountMax: 10_000 },
  );
  refuse({ native_histogram_min_bucket_factor: -1 }, /native_histogram_min_bucket_factor/);
  refuse({ native_histogram_bucket_limit: 1.5 }, /native_histogram_bucket_limit/);
});

test('protobuf is asked for first where native histograms are wanted, and wherever it is named', () => {
  const proto = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
  assert.equal(
    jobOf({ scrape_native_histograms: true }).acceptHeader,
    `${proto};q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1`,
  );
  const named = { scrape_protocols: ['PrometheusText0.0.4', 'PrometheusProto'] };
  const want = `text/plain;version=0.0.4;q=0.6,${proto};q=0.5,*/*;q=0.4`;
  assert.equal(jobOf(named).acceptHeader, want);
  assert.equal(jobOf({ scrape_native_histograms: true }, named).acceptHeader, want);
  assert.equal(jobOf({ fallback_scrape_protocol: 'PrometheusProto' }).fallbackFormat, 'protobuf');
});

test('remembered lines are worthless once other histograms are wanted', () => {
  const plain = sampleFingerprintOf(jobOf({}));
  assert.notEqual(sampleFingerprintOf(jobOf({ convert_classic_histograms_to_nhcb: true })), plain);
  assert.equal(sampleFingerprintOf(jobOf({ native_histogram_bucket_limit: 10_000 })), plain);
});

test('a timeout that is not given is never longer than the interval', () => {
  const check = (config: object, globalConfig: object, want: readonly [number, number]): void => {
    const job = jobOf(config, globalConfig);
    assert.deepEqual([job.intervalMs, job.timeoutMs], want);
  };
  check({ scrape_interval: '5s' }, {}, [5000, 5000]);
  check({ scrape_interval: '1m' }, {}, [60_000, 10_000]);
  check({}, { scrape_interval: '2s' }, [2000, 2000]);
  check({ scrape_timeout: '3s' }, { scrape_timeout: '9s' }, [15_000, 3000]);
});

test('a timeout beyond its interval is found wherever it comes from', () => {
  const find = (globalConfig: object, config: object): unknown =>
    findScrapeFaults(global.parse(globalConfig), scrapeConfigs.parse([{ job_name: 'app', ...config }]));
  assert.deepEqual(find({}, {}), []);
  assert.deepEqual(find({ scrape_interval: '5s', scrape_timeout: '6s' }, {}), [
    {
      path: ['global', 'scrape_timeout'],
      message: 'must not be longer than scrape_interval; got 6000 ms, want at most 5000 ms',
    },
  ]);
  assert.deepEqual(find({}, { scrape_timeout: '16s' }), [
    {
      path: ['scrape_configs', 0, 'scrape_timeout'],
      message:
        'must not be longer than the scrape interval of job "app"; got 16000 ms, want at most 15000 ms',
    },
  ]);
});

test('a full scrape configuration of Prometheus loads', () => {
  const job = jobOf({
    scrape_interval: '30s',
    scrape_timeout: '20s',
    metrics_path: '/probe',
    scheme: 'https',
    params: { module: ['http_2xx'], n: [1] },
    honor_labels: true,
    honor_timestamps: false,
    track_timestamps_staleness: true,
    enable_compression: false,
    scrape_protocols: ['PrometheusText0.0.4'],
    fallback_scrape_protocol: 'OpenMetricsText1.0.0',
    basic_auth: { username: 'u', password_file: 'p' },
    tls_config: {
      ca_file: 'ca.pem',
      cert_file: 'c.pem',
      key_file: 'k.pem',
      insecure_skip_verify: true,
      min_version: 'TLS12',
    },
    follow_redirects: false,
    enable_http2: true,
    http_headers: { 'X-Scope': { values: ['a'], secrets: ['b'], files: ['c'] } },
    static_configs: [{ targets: ['a:1'], labels: { port: 9100 } }],
    file_sd_configs: [{ files: ['targets/*.json', 'x.yml'], refresh_interval: '1m' }],
    http_sd_configs: [{ url: 'https://cmdb.example/targets', basic_auth: { username: 'u' } }],
    dns_sd_configs: [{ names: ['_node._tcp.example'] }, { names: ['a.example'], type: 'a', port: 9100 }],
    relabel_configs: [{ source_labels: ['__address__'], target_label: 'x', action: 'Replace' }],
    metric_relabel_configs: [{ regex: 'le', action: 'labeldrop' }],
    metric_name_validation_scheme: 'legacy',
    scrape_native_histograms: false,
  });
  assert.equal(job.acceptHeader, 'text/plain;version=0.0.4;q=0.6,*/*;q=0.5');
  assert.deepEqual(job.staticGroups, [{ targets: ['a:1'], labels: { port: '9100' } }]);
  assert.deepEqual(job.discoveries, [
    { kind: 'file', patterns: ['targets/*.json', 'x.yml'], refreshMs: 60_000 },
    {
      kind: 'http',
      url: 'https://cmdb.example/targets',
      refreshMs: 60_000,
      http: { basic_auth: { username: 'u' }, follow_redirects: true, enable_http2: true },
    },
    { kind: 'dns', names: ['_node._tcp.example'], type: 'SRV', port: undefined, refreshMs: 30_000 },
    { kind: 'dns', names: ['a.example'], type: 'A', port: 9100, refreshMs: 30_000 },
  ]);
  assert.deepEqual([job.fallbackFormat, job.isLegacyNames, job.params['n']], ['openmetrics', true, ['1']]);
});

test('what Prometheus has and we do not is named', () => {
  refuse({ kubernetes_sd_configs: [] }, /kubernetes_sd_configs is not supported yet/);
  refuse({ http_sd_configs: [{ url: 'http://x', proxy_url: 'http://y' }] }, /proxy_url is not supported yet/);
  refuse({ proxy_url: 'http://x' }, /proxy_url is not supported yet/);
  refuse({ oauth2: {} }, /oauth2 is not supported yet/);
  refuse({ scrape_failure_log_file: 'x' }, /scrape_failure_log_file is not supported yet/);
});

test('faults name their key', () => {
  refuse({ scrape_intervall: '1s' }, /scrape_intervall/);
  refuse({ scrape_interval: '0s' }, /must be longer than 0[^]*scrape_interval/);
  refuse({ scrape_interval: '1 s' }, /must be a duration such as 30s or 5m; got "1 s"/);
  refuse({ job_name: '' }, /job_name/);
  refuse(
    { scrape_protocols: ['Text'] },
    /must be one of PrometheusProto, OpenMetricsText1.0.0[^]*got "Text"/,
  );
  refuse(
    { scrape_protocols: ['PrometheusText0.0.4', 'PrometheusText0.0.4'] },
    /must not name a protocol twice/,
  );
  refuse({ static_configs: [{ targets: ['http://a'] }] }, /is not a valid hostname/);
  refuse({ static_configs: [{ target: ['a'] }] }, /target/);
  refuse({ file_sd_configs: [{ files: ['a.txt'] }] }, /must end in .json, .yml or .yaml/);
  refuse({ http_sd_configs: [{ url: 'ftp://x' }] }, /must be an http or https URL/);
  refuse(
    { http_sd_configs: [{ url: 'http://x', bearer_token: 'a', basic_auth: {} }] },
    /at most one of basic_auth/,
  );
  refuse(
    { dns_sd_configs: [{ names: ['a'], type: 'A' }] },
    /a port is required in DNS-SD configs for the record type A/,
  );
  refuse({ dns_sd_configs: [{ names: [] }] }, /names/);
  refuse({ dns_sd_configs: [{ names: ['a'], type: 'TXT' }] }, /type/);
  refuse({ file_sd_configs: [{ files: ['*/a.json'] }] }, /\* in its last part only/);
  refuse({ relabel_configs: [{ action: 'hashmod', target_label: 'a' }] }, /requires non-zero modulus/);
  refuse({ relabel_configs: [{ action: 'explode' }] }, /action/);
  refuse({ relabel_configs: [{ action: 'drop', regex: '(' }] }, /cannot parse regular expression "\("/);
  refuse(
    { basic_auth: {}, authorization: {} },
    /at most one of basic_auth, authorization, bearer_token & bearer_token_file/,
  );
  refuse({ bearer_token: 'a', bearer_token_file: 'b' }, /at most one of basic_auth/);
  refuse({ authorization: { type: 'Basic' } }, /use basic_auth instead/);
  refuse(
    { authorization: { credentials: 'a', credentials_file: 'b' } },
    /at most one of credentials & credentials_file/,
  );
  refuse({ tls_config: { cert_file: 'a' } }, /needs both cert or cert_file and key or key_file/);
  refuse(
    { http_headers: { Authorization: {} } },
    /header "Authorization" cannot be set: it is set by the client itself/,
  );
  refuse({ http_headers: { 'a b': {} } }, /header "a b" cannot be set: it is no header name/);
  refuse({ sample_limit: -1 }, /sample_limit/);
});

test('a job name may stand once', () => {
  const result = scrapeConfigs.safeParse([{ job_name: 'a' }, { job_name: 'b' }, { job_name: 'a' }]);
  assert.deepEqual(
    result.error?.issues.map(({ path, message }) => [path, message]),
    [[[2, 'job_name'], 'job name "a" stands twice; it must be unique']],
  );
});

test('secrets do not print', () => {
  const parsed = scrapeConfigs.parse([
    {
      job_name: 'a',
      basic_auth: { username: 'u', password: 'hidden' },
      http_headers: { X: { secrets: ['hidden'] } },
      tls_config: { cert: 'c', key: 'hidden' },
    },
  ]);
  assert.doesNotMatch(`${JSON.stringify(parsed)}${inspect(parsed, { depth: 10 })}`, /hidden/);
});

test('remembered lines depend on what maps samples, and on nothing else', () => {
  const base = sampleFingerprintOf(jobOf({}));
  assert.equal(sampleFingerprintOf(jobOf({ scrape_interval: '1m', sample_limit: 4 })), base);
  for (const config of [
    { honor_labels: true },
    { label_limit: 3 },
    { metric_name_validation_scheme: 'legacy' },
    { metric_relabel_configs: [{ target_label: 'a', replacement: 'b' }] },
  ])
    assert.notEqual(sampleFingerprintOf(jobOf(config)), base, inspect(config));
});
