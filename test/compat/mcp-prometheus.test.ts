/**
 * The tools with Prometheus' names over our own engine, and over a real Prometheus with the same samples: the answers are
 * the same text, but for what each says of itself.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callTool } from '../support/mcp-post.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startVedette } from '../support/vedette-process.ts';
import { shopSeries, startTwins } from './twin-servers.ts';

const LAST_MS = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
const AT = new Date(LAST_MS).toISOString();

/** Each is asked with the same times; nothing of it depends on which server keeps the samples. */
const QUESTIONS: readonly (readonly [tool: string, args: Record<string, unknown>])[] = [
  ['prom_query', { query: 'requests_total{job="shop"}', time: AT }],
  ['prom_query', { query: 'sum by (code) (rate(requests_total{job="shop"}[5m]))', time: AT }],
  ['prom_query', { query: 'temperature', time: LAST_MS / 1000 }],
  ['prom_query', { query: 'histogram_quantile(0.9, rate(latency_seconds_bucket[10m]))', time: AT }],
  ['prom_query', { query: 'gone', time: AT }],
  ['prom_query', { query: 'scalar(up{job="shop"})', time: AT }],
  ['prom_query', { query: '"a text"', time: AT }],
  ['prom_query', { query: 'requests_total{job="shop"}[1m]', time: AT }],
  ['prom_query', { query: '{job="shop"}', time: AT, limit: 3 }],
  ['prom_query', { query: 'up{', time: AT }],
  ['prom_query', { query: 'sum(', time: AT }],
  ['prom_query', { query: 'no_such_function(up)', time: AT }],
  ['prom_query_range', { query: 'requests_total{job="shop"}', start: LAST_MS / 1000 - 1500, end: AT }],
  ['prom_query_range', { query: 'temperature', start: LAST_MS / 1000 - 1500, end: AT, step: '1m' }],
  ['prom_query_range', { query: 'gone', start: LAST_MS / 1000 - 1500, end: AT, step: '5s' }],
  ['prom_labels', { match: '{job="shop"}', start: LAST_MS / 1000 - 1500, end: AT }],
  ['prom_labels', { label: 'zone', match: '{job="shop"}', start: LAST_MS / 1000 - 1500, end: AT }],
  ['prom_labels', { label: '__name__', match: '{job="shop"}', filter: 'LATENCY', end: AT }],
  ['prom_series', { match: '{job="shop"}', start: LAST_MS / 1000 - 1500, end: AT }],
  ['prom_series', { match: ['requests_total', 'temperature'], end: AT, limit: 2 }],
  ['prom_series', { match: '{}', end: AT }],
  ['prom_get_alerts', {}],
  ['prom_rules', { type: 'record' }],
  ['prom_service_request_rate', { service: 'shop', metric: 'requests_total', time: AT, window: '10m' }],
  ['prom_service_error_rate', { service: 'shop', metric: 'requests_total', time: AT, by: 'path' }],
  ['prom_service_latency', { metric: 'latency_seconds', time: AT, quantile: 0.9 }],
  ['prom_node_cpu_usage', { time: AT, instance: 'a"} or up{b="' }],
];

test(
  'every tool says over a real Prometheus what it says over the engine here',
  { skip: skipWithout(PEERS.prometheus) },
  async (t) => {
    const { theirs, ours } = await startTwins(t, shopSeries(LAST_MS), {
      rules: 'groups: [ { name: g, rules: [ { record: "a:b", expr: "vector(1)", labels: { x: "y" } } ] } ]\n',
    });
    const { url: beside } = await startVedette(t, {
      config: `mcp: { prometheus: { url: "${theirs}", timeout: 30s } }\npacks: { host: false }\n`,
      args: ['--no-host'],
    });
    for (const url of [theirs, ours])
      await until('the rule to be evaluated', async () =>
        (await (await fetch(`${url}/api/v1/rules`)).text()).includes('"health":"ok"') ? true : undefined,
      );
    let lineCount = 0;
    for (const [tool, args] of QUESTIONS) {
      const [here, there] = await Promise.all(
        [ours, beside].map(async (url) => await callTool(`${url}/mcp/prometheus`, tool, args)),
      );
      assert.ok(here !== undefined && there !== undefined);
      const about = `${tool} ${JSON.stringify(args)}`;
      assert.equal(here.isError, there.isError, `${about}: ${here.text} / ${there.text}`);
      assert.equal(withoutOwn(here.text), withoutOwn(there.text), about);
      lineCount += here.text.split('\n').length;
    }
    assert.ok(lineCount > 200, `only ${lineCount} lines were compared`);
  },
);

/** Links lead into our pages alone; of a sum the ninth digit may differ, as ours are compensated. */
function withoutOwn(text: string): string {
  return text
    .replace(/\nLinks:[^]*$/, '')
    .replaceAll(/(?<![\w.])-?\d+\.\d{6,}(?:e[+-]?\d+)?/g, (number) =>
      String(Number(Number(number).toPrecision(8))),
    );
}
