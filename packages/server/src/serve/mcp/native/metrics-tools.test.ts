import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, type NativeHistogram } from '@vedette/model';
import { createToolScene, type ToolScene } from './tool-fixture.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A sample a minute up to now, the newest last. */
function addSeries(
  { metrics, nowMs }: ToolScene,
  labels: Record<string, string>,
  values: readonly number[],
  untilMs = nowMs,
): void {
  values.forEach((value, i) =>
    metrics.add(labelsOf(labels), untilMs - (values.length - 1 - i) * MINUTE_MS, value),
  );
}

const repeat = (count: number, value: (i: number) => number): number[] =>
  Array.from({ length: count }, (_, i) => value(i));

const rowOf = (text: string, begin: string): readonly string[] =>
  (text.split('\n').find((line) => line.startsWith(begin)) ?? '').split(' | ');

test('of a range the last, least, mean and greatest value are told, labels of all series once', async () => {
  const scene = createToolScene();
  for (const pod of ['a', 'b'])
    addSeries(scene, { __name__: 'temp', job: 'api', pod }, pod === 'a' ? [1, 2, 6] : [5, 5, 5]);
  const text = await scene.ask('metrics_query', { query: 'temp', start: 'now-2m', step: '1m' });
  assert.match(text, /^2 series from 2026-11-21T09:58:00Z to 2026-11-21T10:00:00Z, step 1m \(3 points\)/);
  assert.match(text, /Labels of all rows\n.*\ntemp\{job="api"\}/);
  assert.deepEqual(rowOf(text, '{pod="a"}'), ['{pod="a"}', '6', '1', '3', '6', '3', '1 2 6']);
  assert.match(text, /http:\/\/vedette\.example\/explore\?expr=temp&from=\d+&to=\d+/);
  const json = await scene.ask('metrics_query', {
    query: 'temp',
    start: 'now-2m',
    step: '1m',
    format: 'json',
  });
  assert.match(json, /"metric":\{"__name__":"temp","job":"api","pod":"a"\},"values":\[\[\d+,"1"\],/);
});

test('values that are none, and infinities, are no part of a mean', async () => {
  const scene = createToolScene();
  addSeries(scene, { __name__: 'odd' }, [1, NaN, 3, Infinity]);
  const text = await scene.ask('metrics_query', { query: 'odd', start: 'now-3m', step: '1m' });
  assert.deepEqual(rowOf(text, 'odd').slice(1, 6), ['+Inf', '1', '2', '3', '4']);
});

const HISTOGRAM: NativeHistogram = {
  schema: 0,
  count: 4,
  sum: 10,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: { spans: [{ offset: 0, length: 1 }], counts: Float64Array.of(4) },
  negative: { spans: [], counts: new Float64Array() },
  customBounds: new Float64Array(),
  counterReset: 'unknown',
};

test('a native histogram is told by count, sum and mean', async () => {
  const scene = createToolScene();
  const labels = labelsOf({ __name__: 'latency' });
  for (const minutes of [2, 1, 0])
    scene.metrics.addHistogram(labels, scene.nowMs - minutes * MINUTE_MS, HISTOGRAM);
  assert.match(
    await scene.ask('metrics_query', { query: 'latency' }),
    /latency \| native histogram: count 4, sum 10, mean 2\.5/,
  );
  assert.match(
    await scene.ask('metrics_query', { query: 'latency', start: 'now-2m' }),
    /observations of a native histogram/,
  );
  assert.match(
    await scene.ask('metrics_query', { query: 'latency', format: 'json' }),
    /"histograms":\[\[\d+,\{"count":"4","sum":"10"\}\]\]/,
  );
});

test('other kinds of answers: scalars, strings, raw samples, nothing', async () => {
  const scene = createToolScene();
  addSeries(scene, { __name__: 'x' }, [1, 2, 3]);
  assert.match(await scene.ask('metrics_query', { query: '1 + 1' }), /^a scalar at [^]*\{\} \| 2/);
  assert.match(await scene.ask('metrics_query', { query: '"text"' }), /^a string at [^]*\ntext\n/);
  assert.match(
    await scene.ask('metrics_query', { query: 'x[5m]' }),
    /x \| 3 \| 3 \| 2026-11-21T10:00:00Z \| 1 2 3/,
  );
  assert.match(
    await scene.ask('metrics_query', { query: 'nothing' }),
    /^no series at [^]*Hint: nothing matches at this time; metrics_find/,
  );
});

test('what the engine remarks is passed on', async () => {
  const scene = createToolScene();
  addSeries(scene, { __name__: 'size_bytes' }, [1, 2, 3]);
  assert.match(
    await scene.ask('metrics_query', { query: 'rate(size_bytes[5m])' }),
    /info: PromQL info: metric might not be a counter/,
  );
});

test('queries are limited, and asked on behalf of their caller', async () => {
  const scene = createToolScene();
  await scene.ask('metrics_query', { query: 'up' });
  assert.deepEqual(scene.options[0], {
    samplesMax: 2_000_000,
    timeoutMs: 20_000,
    source: { kind: 'api', client: 'mcp token:bot' },
  });
  assert.match(
    await scene.ask('metrics_query', { query: 'sum_over_time(vector(1)[90d:1s])' }),
    /^error: metrics_query: [^]*ask for fewer series \(more labels in the selector, sum by, topk\)/,
  );
});

test('more series than have room become what they have in common, and a way to ask for fewer', async () => {
  const scene = createToolScene();
  for (let i = 0; i < 2000; i++)
    addSeries(scene, { __name__: 'big', job: `job-${i % 3}`, id: `a rather long id ${i}` }, [i]);
  const text = await scene.ask('metrics_query', { query: 'big', limit: 500 });
  assert.ok(Buffer.byteLength(text) <= 24_000);
  assert.match(
    text,
    /^2000 series at[^\n]*\n\nValues of labels, of all series\n[^\n]*\nlabel \| values\nid \| 2000\njob \| 3\n/,
  );
  assert.match(text, /\ntopk\(10, big\)\nsum by \(job\) \(big\)\n/);
  assert.match(text, /Truncated: \d+ of 2000 rows of "Series" are shown/);
});

test('times that contradict each other are refused with the name of the argument', async () => {
  const { ask } = createToolScene();
  const check = async (args: Record<string, unknown>, want: RegExp): Promise<void> =>
    assert.match(await ask('metrics_query', { query: 'up', ...args }), want);
  await check({ end: 'now' }, /^error: .*"end": belongs to a range: give start, too/);
  await check({ start: 'now-1h', time: 'now' }, /"time": belongs to one moment/);
  await check({ start: 'now', end: 'now-1h' }, /"end": must not lie before start/);
  await check({ start: 'now-1x' }, /"start": must be now, now-1h, RFC 3339/);
  await check({ start: 'now-1h', step: '0' }, /"step": must be a duration above 0/);
  await check({ time: '2026-02-30T99:00:00Z' }, /"time": must be now/);
  await check({ time: 'now-300000y' }, /"time": must be now/);
  await check({ time: 1_795_255_200 }, /^no series at 2026-11-21T10:00:00Z/);
});

test('names come with type and help; filters and pages narrow', async () => {
  const scene = createToolScene({}, [
    { family: 'http_requests_total', type: 'counter', help: 'Requests, by code.', unit: '' },
    { family: 'latency_seconds', type: 'histogram', help: 'How long.', unit: 'seconds' },
  ]);
  for (const name of ['http_requests_total', 'latency_seconds_bucket', 'up'])
    addSeries(scene, { __name__: name, job: 'api' }, [1]);
  const all = await scene.ask('metrics_find', { what: 'names' });
  assert.match(all, /^3 names; rows 1 to 3/);
  assert.match(all, /\nlatency_seconds_bucket \| histogram \| seconds \| How long\.\nup \| - \| - \| -\n/);
  assert.match(
    await scene.ask('metrics_find', { what: 'names', filter: 'BY CODE' }),
    /^1 names match the filter/,
  );
  const second = await scene.ask('metrics_find', { what: 'names', limit: 2, page: 2 });
  assert.match(second, /^3 names; rows 3 to 3\n[^]*\nup \| /);
  assert.match(await scene.ask('metrics_find', { what: 'names', limit: 2 }), /Hint: page 2 has more/);
  assert.match(await scene.ask('metrics_find', { what: 'names', page: 9 }), /^3 names; rows none/);
  assert.match(await scene.ask('metrics_find', { what: 'values', label: 'job' }), /\napi\n/);
  assert.match(await scene.ask('metrics_find', { what: 'series', match: 'up' }), /\nup\{job="api"\}\n/);
  assert.match(
    await scene.ask('metrics_find', { what: 'labels', label: 'job' }),
    /^error: .*"label": belongs to what=values/,
  );
  assert.match(await scene.ask('metrics_find', { what: 'values' }), /^error: .*"label": is missing/);
});

test('a list that could not be looked through whole says so, whatever is asked of it', async () => {
  const { deps } = createToolScene();
  const query = {
    ...deps.query,
    labelValues: () => Promise.resolve({ items: ['up'], isTruncated: true }),
  };
  const { ask } = createToolScene({ query });
  for (const what of ['names', 'metadata'])
    assert.match(
      await ask('metrics_find', { what, match: '{job="a"}' }),
      /^more than 1 (?:names|metadata); [^]*Hint: only the first 200000 were looked through/,
      what,
    );
});

test('golden signals of a service against the day before: traffic, errors, latency', async () => {
  const scene = createToolScene();
  const add = (untilMs: number, perMinute: number, failed: number): void => {
    for (const [code, count] of [
      ['200', perMinute - failed],
      ['503', failed],
    ] as const)
      addSeries(
        scene,
        { __name__: 'http_requests_total', service: 'shop', code },
        repeat(11, (i) => i * count),
        untilMs,
      );
    for (const [le, share] of [
      ['0.1', 0.5],
      ['1', 1],
      ['+Inf', 1],
    ] as const)
      addSeries(
        scene,
        { __name__: 'http_request_duration_seconds_bucket', service: 'shop', le },
        repeat(11, (i) => i * perMinute * share),
        untilMs,
      );
  };
  add(scene.nowMs - DAY_MS, 60, 0);
  add(scene.nowMs, 120, 30);
  const text = await scene.ask('metrics_health', { kind: 'service', name: 'shop' });
  // Requests, and errors where there were none.
  assert.match(text, /; 2 differ from the same time a day before by 25 % or more/);
  assert.deepEqual(rowOf(text, 'shop | requests'), ['shop', 'requests', 'per s', '2', '1', '+100 %']);
  assert.deepEqual(rowOf(text, 'shop | errors'), ['shop', 'errors', 'share', '0.25', '0', 'from 0']);
  assert.deepEqual(rowOf(text, 'shop | latency p50').slice(0, 4), ['shop', 'latency p50', 's', '0.1']);
});

test('a label whose values are no codes tells nothing of errors: not that there are none', async () => {
  const scene = createToolScene();
  for (const status of ['success', 'error'])
    addSeries(
      scene,
      { __name__: 'http_requests_total', service: 'shop', status },
      Array.from({ length: 30 }, (_, i) => i * 60),
    );
  const text = await scene.ask('metrics_health', { kind: 'service' });
  assert.match(text, /shop \| requests/);
  assert.doesNotMatch(text, /shop \| errors/);
});

test('golden signals that nothing is known of before are not said to be as they were', async () => {
  const scene = createToolScene();
  addSeries(
    scene,
    { __name__: 'node_cpu_seconds_total', instance: 'a:1', cpu: '0', mode: 'idle' },
    repeat(3, (i) => i * 15),
  );
  assert.match(
    await scene.ask('metrics_health', { kind: 'node' }),
    /^1 nodes, \d signals? over 5m; nothing is known of before to compare with\n/,
  );
  assert.match(await scene.ask('metrics_health', { kind: 'pod' }), /^0 pods, 0 signals over 5m\n/);
});

test('a filter that is no expression is told in its own words', async () => {
  assert.match(
    await createToolScene().ask('metrics_find', { what: 'names', filter: '(' }),
    /^error: .*must be a regular expression \(RE2\): cannot parse regular expression "\("/,
  );
});

test('golden signals of a machine are found with or without its port; of none the answer says what is missing', async () => {
  const scene = createToolScene();
  for (const instance of ['web-1:9100', 'web-10:9100'])
    for (const [mode, rate] of [
      ['idle', 15],
      ['user', 45],
    ] as const)
      addSeries(
        scene,
        { __name__: 'node_cpu_seconds_total', instance, cpu: '0', mode },
        repeat(21, (i) => i * rate),
      );
  const text = await scene.ask('metrics_health', { kind: 'node', name: 'web-1' });
  assert.deepEqual(rowOf(text, 'web-1:9100 | CPU busy').slice(0, 5), [
    'web-1:9100',
    'CPU busy',
    'share',
    '0.75',
    '0.75',
  ]);
  assert.doesNotMatch(text, /web-10/);
  assert.match(
    await scene.ask('metrics_health', { kind: 'pod', name: 'a.*")' }),
    /^0 pods[^]*Hint: nothing of this name has metrics of cAdvisor/,
  );
});

test('series are ranked by how far they have left their past; counters by their rate', async () => {
  const scene = createToolScene();
  const count = 400;
  const noise = (i: number): number => 10 + ((i * 7) % 5) * 0.1;
  addSeries(scene, { __name__: 'queue', job: 'a', pod: 'calm' }, repeat(count, noise));
  addSeries(
    scene,
    { __name__: 'queue', job: 'a', pod: 'full' },
    repeat(count, (i) => (i < count - 30 ? noise(i) : 50)),
  );
  let total = 0;
  addSeries(
    scene,
    { __name__: 'done_total', job: 'a', pod: 'stuck' },
    // Begins anew once, which is nothing strange, and does hardly anything in the end.
    repeat(count, (i) => (total = i === 200 ? 0 : total + (i < count - 30 ? 60 + (i % 3) : 0))),
  );
  const text = await scene.ask('metrics_anomalies', { match: '{job="a"}', window: '1h' });
  assert.match(text, /^2 of 3 series deviate by 3 interquartile ranges or more in the last 1h/);
  assert.match(text, /Labels of all rows\n.*\n\{job="a"\}/);
  const rows = text.split('\n').filter((line) => line.includes('pod='));
  assert.match(rows[2] ?? '', /^queue\{pod="calm"\} \| 0/);
  const full = rows.find((line) => line.includes('full'))?.split(' | ') ?? [];
  assert.deepEqual(full.slice(2), ['up', '50', '10.2', 'value', '2026-11-21T09:33:00Z']);
  const stuck = rows.find((line) => line.includes('stuck'))?.split(' | ') ?? [];
  assert.deepEqual([stuck[2], stuck[3], stuck[5]], ['down', '0', 'rate per s']);
  assert.match(await scene.ask('metrics_anomalies', { match: '{}' }), /^error: .*"match": /);
});

test('the rate of a counter is the same over a short window, whose points are closer together than its samples', async () => {
  const scene = createToolScene();
  addSeries(
    scene,
    { __name__: 'done_total', job: 'a' },
    repeat(60, (i) => i * 120),
  );
  // What is too short to be judged is made longer, and said so.
  for (const window of ['5m', '1m', '1h']) {
    const text = await scene.ask('metrics_anomalies', { match: 'done_total', window });
    const shown = window === '1m' ? '5m' : window;
    assert.match(
      text,
      new RegExp(`^0 of 1 series deviate by 3 interquartile ranges or more in the last ${shown}`),
    );
    if (window !== '1h') assert.match(text, / \| 2 \| 2 \| rate per s \| -\n/, text);
    else assert.match(text, /Hint: too little is stored of the 5 windows before; ask with a shorter window/);
  }
});

test('a series that stopped is strange, and one without a past is said to have none', async () => {
  const scene = createToolScene();
  addSeries(
    scene,
    { __name__: 'load', pod: 'stopped' },
    repeat(320, () => 1),
    scene.nowMs - 40 * MINUTE_MS,
  );
  addSeries(
    scene,
    { __name__: 'load', pod: 'young' },
    repeat(30, () => 1),
  );
  const text = await scene.ask('metrics_anomalies', { match: 'load', window: '1h' });
  assert.match(
    text,
    /^0 of 2 series deviate by 3 interquartile ranges or more in the last 1h, 1 have stopped, 1 have no past to be judged by\n/,
  );
  assert.match(text, /\n\{pod="stopped"\} \| 3 \| stopped \| - \| 1 \| value \| 2026-11-21T09:27:00Z\n/);
  assert.match(text, /\n\{pod="young"\} \| 0 \| - \| 1 \| - \| value \| -\n/);
});
