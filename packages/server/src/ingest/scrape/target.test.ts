import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRelabelRule, labelsOf, labelsToRecord, type RelabelOptions } from '@vedette/model';
import { z } from 'zod';
import { globalScrapeShape, scrapeConfigs } from './config.ts';
import { resolveJob, type ScrapeJob } from './job.ts';
import { createTarget, type Target } from './target.ts';

const jobOf = (config: object = {}, rules: readonly RelabelOptions[] = []): ScrapeJob => {
  const [parsed] = scrapeConfigs.parse([{ job_name: 'app', ...config }]);
  const job = resolveJob(z.object(globalScrapeShape).parse({}), parsed!);
  return { ...job, relabelRules: rules.map(createRelabelRule) };
};

const targetOf = (labels: Record<string, string>, job = jobOf()): Target => {
  const outcome = createTarget(labelsOf({ __address__: 'host:80', ...labels }), job);
  assert.equal(outcome.kind, 'target');
  return outcome.kind === 'target' ? outcome.target : assert.fail();
};

test('a target has the job, its address as instance, and a URL without an added port', () => {
  const target = targetOf({});
  assert.equal(target.url, 'http://host:80/metrics');
  assert.deepEqual(labelsToRecord(target.labels), { instance: 'host:80', job: 'app' });
  assert.deepEqual([target.intervalMs, target.timeoutMs], [15_000, 10_000]);
  assert.deepEqual(labelsToRecord(target.discoveredLabels), {
    __address__: 'host:80',
    __metrics_path__: '/metrics',
    __scheme__: 'http',
    __scrape_interval__: '15s',
    __scrape_timeout__: '10s',
    job: 'app',
  });
  assert.equal(targetOf({ __address__: 'example.com' }).url, 'http://example.com/metrics');
  assert.equal(targetOf({ __address__: '[::1]:9100' }).url, 'http://[::1]:9100/metrics');
});

test('labels of discovery win over the defaults of the job', () => {
  const target = targetOf({
    job: 'other',
    instance: 'name',
    __scheme__: 'https',
    __metrics_path__: '/x y',
    __scrape_interval__: '1m',
    __scrape_timeout__: '30s',
  });
  assert.equal(target.url, 'https://host:80/x%20y');
  assert.deepEqual(labelsToRecord(target.labels), { instance: 'name', job: 'other' });
  assert.deepEqual([target.intervalMs, target.timeoutMs], [60_000, 30_000]);
});

test('parameters are sorted, and a label replaces the first value of its own', () => {
  const job = jobOf({ params: { module: ['http', 'icmp'], a: ['1'] } }, [
    { sourceLabels: ['__address__'], targetLabel: '__param_target' },
    { targetLabel: '__param_module', replacement: 'tcp' },
  ]);
  assert.equal(targetOf({}, job).url, 'http://host:80/metrics?a=1&module=tcp&module=icmp&target=host%3A80');
});

test('meta labels serve relabelling and are gone afterwards', () => {
  const job = jobOf({}, [{ regex: '__meta_(.+)', action: 'labelmap' }]);
  assert.deepEqual(labelsToRecord(targetOf({ __meta_zone: 'z' }, job).labels), {
    instance: 'host:80',
    job: 'app',
    zone: 'z',
  });
});

test('a dropped target is shown with its discovered labels', () => {
  const job = jobOf({}, [{ sourceLabels: ['env'], regex: 'test', action: 'drop' }]);
  const outcome = createTarget(labelsOf({ __address__: 'host', env: 'test' }), job);
  assert.equal(outcome.kind, 'dropped');
  assert.equal(outcome.kind === 'dropped' && labelsToRecord(outcome.discoveredLabels)['env'], 'test');
});

test('two targets are the same exactly when labels and URL are', () => {
  assert.equal(targetOf({ __meta_a: '1' }).key, targetOf({ __meta_a: '2' }).key);
  assert.notEqual(targetOf({ a: '1' }).key, targetOf({ a: '2' }).key);
  assert.notEqual(
    targetOf({ instance: 'x', __address__: 'a' }).key,
    targetOf({ instance: 'x', __address__: 'b' }).key,
  );
});

test('a target that cannot be scraped is refused with its reason', () => {
  const refuse = (labels: Record<string, string>, want: RegExp): void =>
    assert.throws(() => targetOf(labels), want);
  refuse({ __address__: '' }, /no address/);
  refuse({ __address__: 'http://x' }, /"http:\/\/x" is not a valid hostname/);
  refuse({ __address__: 'user:secret@host' }, /invalid address/);
  refuse({ __address__: 'host:99999' }, /invalid address/);
  refuse({ __scheme__: 'ftp' }, /invalid scheme: "ftp"/);
  refuse(
    { __scrape_interval__: 'soon' },
    /error parsing scrape interval: not a valid duration string: "soon"/,
  );
  refuse({ __scrape_interval__: '0' }, /scrape interval cannot be 0/);
  refuse({ __scrape_timeout__: 'x' }, /error parsing scrape timeout/);
  refuse({ __scrape_timeout__: '0s' }, /scrape timeout cannot be 0/);
  refuse(
    { __scrape_timeout__: '20s' },
    /scrape timeout cannot be greater than scrape interval \("20s" > "15s"\)/,
  );
});
