import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  createMatcher,
  labelsOf,
  MemoryMetrics,
  NO_LABELS,
  SeededRandom,
  type Labels,
  type Matcher,
  type SeriesSamples,
} from '@vedette/model';
import { CollectedSeries } from '../../../ingest/prometheus-import/collected-series.ts';
import {
  collectFrame,
  collectSamples,
  encodeReadRequest,
  FrameSplitter,
} from '../../../ingest/prometheus-import/remote-read-wire.ts';
import { ProtobufReader } from '../../../lib/protobuf-reader.ts';
import { ProtobufWriter } from '../../../lib/protobuf-writer.ts';
import { compressSnappy, decompressSnappy } from '../../../lib/snappy.ts';
import { startTestServer } from '../../test-server.ts';
import { decodeReadRequest } from './read-request.ts';

const RANGE = { fromMs: 0, untilMs: 10_000_000 };

interface Asked {
  readonly metrics: MemoryMetrics;
  readonly externalLabels?: Labels;
}

async function post(t: TestContext, asked: Asked, body: Uint8Array<ArrayBuffer>): Promise<Response> {
  const externalLabels = (): Labels => asked.externalLabels ?? NO_LABELS;
  const server = await startTestServer({ samples: Object.assign(asked.metrics, { externalLabels }) });
  t.after(() => server.close());
  return await fetch(`${server.address}/api/v1/read`, { method: 'POST', body });
}

/** A request as `encodeReadRequest` makes it, with other accepted kinds. */
function requestOf(
  sets: readonly (readonly Matcher[])[],
  accepted: readonly number[],
): Uint8Array<ArrayBuffer> {
  const request = new ProtobufReader(decompressSnappy(encodeReadRequest(RANGE, sets), 1e6));
  const writer = new ProtobufWriter();
  while (request.next()) {
    if (request.field === 1) writer.bytes(1, request.bytes());
    else request.skip();
  }
  if (accepted.length > 0) writer.packedUints(2, accepted);
  return compressSnappy(writer.finish());
}

async function read(response: Response): Promise<readonly SeriesSamples[]> {
  const collected = new CollectedSeries();
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (response.headers.get('content-type')?.includes('streamed') === true) {
    const splitter = new FrameSplitter();
    for (const frame of splitter.push(bytes)) collectFrame(frame, collected);
    splitter.assertEnd();
  } else collectSamples(decompressSnappy(bytes, 1e8), collected);
  return [...collected.sorted({ fromMs: -Infinity, untilMs: Infinity })].map((series) => ({
    ...series,
    timestampsMs: series.timestampsMs.slice(),
    values: series.values.slice(),
    staleFlags: series.staleFlags?.slice(),
  }));
}

function createMetrics(): MemoryMetrics {
  const metrics = new MemoryMetrics();
  for (const job of ['a', 'b'])
    for (let i = 0; i < 300; i++) metrics.add(labelsOf({ __name__: 'up', job }), i * 15_000, i / 7);
  metrics.addStaleMarker(labelsOf({ __name__: 'up', job: 'a' }), 300 * 15_000);
  metrics.addHistogram(labelsOf({ __name__: 'h' }), 15_000, {
    schema: 0,
    count: 3,
    sum: 2.5,
    zeroThreshold: 0.001,
    zeroCount: 1,
    positive: { spans: [{ offset: 1, length: 1 }], counts: Float64Array.of(2) },
    negative: { spans: [], counts: new Float64Array() },
    customBounds: new Float64Array(),
    counterReset: 'unknown',
  });
  return metrics;
}

const named = (name: string): readonly Matcher[] => [createMatcher('__name__', '=', name)];

for (const [kind, accepted, contentType] of [
  ['samples', [], 'application/x-protobuf'],
  ['chunks', [1], 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse'],
] as const) {
  test(`in ${kind} every sample comes as it is stored, with its staleness marker`, async (t) => {
    const response = await post(t, { metrics: createMetrics() }, requestOf([named('up')], accepted));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), contentType);
    const [a, b, ...others] = await read(response);
    assert.deepEqual(others, []);
    assert.deepEqual([...(a?.labels ?? [])], ['__name__', 'up', 'job', 'a']);
    assert.equal(a?.timestampsMs.length, 301);
    assert.equal(a.values[299], 299 / 7);
    assert.deepEqual(a.staleFlags?.indexOf(1), 300);
    assert.equal(b?.timestampsMs.length, 300);
    assert.equal(b.staleFlags, undefined);
  });

  test(`in ${kind} a native histogram comes whole`, async (t) => {
    const metrics = createMetrics();
    const [series] = await read(await post(t, { metrics }, requestOf([named('h')], accepted)));
    const histogram = series?.histograms?.get(0);
    assert.equal(histogram?.sum, 2.5);
    assert.deepEqual(histogram.positive, { spans: [{ offset: 1, length: 1 }], counts: Float64Array.of(2) });
  });

  test(`in ${kind} external labels are added, and matchers that ask for them are satisfied`, async (t) => {
    const externalLabels = labelsOf({ site: 'home', job: 'never: the series has its own' });
    const answer = async (...more: Matcher[]): Promise<readonly string[][]> => {
      const body = requestOf([[...named('up'), ...more]], accepted);
      const series = await read(await post(t, { metrics: createMetrics(), externalLabels }, body));
      return series.map(({ labels }) => [...labels]);
    };
    const both = [
      ['__name__', 'up', 'job', 'a', 'site', 'home'],
      ['__name__', 'up', 'job', 'b', 'site', 'home'],
    ];
    assert.deepEqual(await answer(), both);
    assert.deepEqual(await answer(createMatcher('site', '=', 'home')), both);
    assert.deepEqual(await answer(createMatcher('site', '=', 'away')), []);
    // As upstream: only equality is taken away.
    assert.deepEqual(await answer(createMatcher('site', '=~', 'home')), []);
  });

  test(`in ${kind} several queries are answered in their order, and none at all with nothing`, async (t) => {
    const body = requestOf([named('h'), named('nothing'), named('up')], accepted);
    const series = await read(await post(t, { metrics: createMetrics() }, body));
    assert.deepEqual(
      series.map(({ timestampsMs }) => timestampsMs.length),
      [1, 301, 300],
    );
    const empty = await post(t, { metrics: createMetrics() }, requestOf([named('nothing')], accepted));
    assert.deepEqual([empty.status, await read(empty)], [200, []]);
  });
}

test('the kind that the client names first is taken, of those that there are', () => {
  const kindOf = (...accepted: number[]): string => decodeReadRequest(requestOf([], accepted)).kind;
  assert.equal(kindOf(), 'samples');
  assert.equal(kindOf(0, 1), 'samples');
  assert.equal(kindOf(1, 0), 'chunks');
  assert.equal(kindOf(7, 1), 'chunks');
  assert.throws(() => kindOf(7), /does not support any of the requested response types: \[7\]/);
});

test('hints narrow the time, and a question for series brings no samples', async (t) => {
  const query = (write: (hints: ProtobufWriter) => void): Uint8Array<ArrayBuffer> => {
    const [request, one, matcher, hints] = [
      new ProtobufWriter(),
      new ProtobufWriter(),
      new ProtobufWriter(),
      new ProtobufWriter(),
    ];
    one.int(1, 0);
    one.int(2, 10_000_000);
    matcher.string(2, '__name__');
    matcher.string(3, 'up');
    one.message(3, matcher);
    write(hints);
    one.message(4, hints);
    request.message(1, one);
    return compressSnappy(request.finish());
  };
  const narrowed = query((hints) => {
    hints.int(3, 30_000);
    hints.int(4, 60_000);
  });
  assert.deepEqual(decodeReadRequest(narrowed).queries[0]?.range, { fromMs: 30_000, untilMs: 60_000 });
  const response = await post(
    t,
    { metrics: createMetrics() },
    query((hints) => hints.string(2, 'series')),
  );
  const reader = new ProtobufReader(decompressSnappy(new Uint8Array(await response.arrayBuffer()), 1e6));
  assert.ok(reader.next());
  const result = reader.message();
  let seriesCount = 0;
  for (; result.next(); seriesCount++) {
    const series = result.message();
    while (series.next()) {
      assert.equal(series.field, 1, 'labels alone');
      series.skip();
    }
  }
  assert.equal(seriesCount, 2);
});

test('what cannot be understood is refused with 400 and a reason', async (t) => {
  const badPattern = new ProtobufWriter();
  const [query, matcher] = [new ProtobufWriter(), new ProtobufWriter()];
  matcher.uint(1, 2);
  matcher.string(2, 'a');
  matcher.string(3, '(');
  query.message(3, matcher);
  badPattern.message(1, query);
  const cases: readonly (readonly [Uint8Array<ArrayBuffer>, RegExp])[] = [
    [new TextEncoder().encode('no snappy'), /snappy/],
    [new Uint8Array(), /snappy/],
    [compressSnappy(Uint8Array.of(0x0a, 0x7f)), /protobuf/],
    [compressSnappy(badPattern.finish()), /\(/],
    [requestOf([], [9]), /requested response types/],
    [
      requestOf(
        Array.from({ length: 101 }, () => named('up')),
        [],
      ),
      /100 queries/,
    ],
    [compressSnappy(new Uint8Array(4 * 1024 * 1024 + 1)), /4194304/],
  ];
  for (const [body, want] of cases) {
    const response = await post(t, { metrics: createMetrics() }, body);
    assert.equal(response.status, 400);
    assert.match(await response.text(), want);
  }
});

test('more samples than an answer may hold are refused before they are encoded', async (t) => {
  const check = async (count: number, kind: readonly number[]): Promise<number> => {
    const metrics = createMetrics();
    // Lengths are all that counts here; the last one would be encoded.
    metrics.select = async function* select() {
      await Promise.resolve();
      const column = new Float64Array(count);
      yield [
        {
          labels: labelsOf({ a: 'b' }),
          timestampsMs: column,
          values: column,
          staleFlags: undefined,
          histograms: undefined,
        },
      ];
    };
    const response = await post(t, { metrics }, requestOf([named('up')], kind));
    if (response.status !== 200) assert.equal(await response.text(), 'exceeded sample limit (10000000)\n');
    return response.status;
  };
  assert.equal(await check(10_000_001, [0]), 400);
  assert.equal(await check(100, [0]), 200);
});

test('ten reads run at once; the next waits until one ends or its client goes away', async (t) => {
  const [metrics, started] = [createMetrics(), [] as (() => void)[]];
  const select = metrics.select.bind(metrics);
  metrics.select = async function* hold(...args) {
    await new Promise<void>((resolve) => void started.push(resolve));
    yield* select(...args);
  };
  const server = await startTestServer({
    samples: Object.assign(metrics, { externalLabels: () => NO_LABELS }),
  });
  t.after(() => server.close());
  const gone = new AbortController();
  const ask = (signal: AbortSignal | null = null): Promise<number> =>
    fetch(`${server.address}/api/v1/read`, {
      method: 'POST',
      body: requestOf([named('up')], [1]),
      signal,
    }).then(async (response) => (await response.arrayBuffer(), response.status));
  const until = async (count: number): Promise<void> => {
    while (started.length < count) await new Promise((resolve) => void setImmediate(resolve));
  };
  const leaving = ask(gone.signal);
  await until(1);
  const others = Array.from({ length: 9 }, () => ask());
  await until(10);
  const last = ask();
  for (let i = 0; i < 2000; i++) await new Promise((resolve) => void setImmediate(resolve));
  assert.equal(started.length, 10);
  gone.abort();
  await assert.rejects(leaving);
  started[0]?.();
  await until(11);
  for (const go of started) go();
  assert.deepEqual(new Set(await Promise.all([...others, last])), new Set([200]));
});

test('a range that ends before it begins is empty', async (t) => {
  const body = encodeReadRequest({ fromMs: 100, untilMs: 50 }, [named('up')]);
  assert.deepEqual(await read(await post(t, { metrics: createMetrics() }, body)), []);
});

test('a request with any bytes changed is understood or refused, never more', () => {
  const random = new SeededRandom(20_261_121);
  const body = requestOf([named('up'), [createMatcher('job', '=~', 'a|b')]], [1, 0]);
  for (let i = 0; i < 5000; i++) {
    const mutated = body.slice(
      0,
      random.float() < 0.2 ? Math.floor(random.float() * body.length) : undefined,
    );
    for (let n = Math.ceil(random.float() * 4); n > 0; n--)
      mutated[Math.floor(random.float() * mutated.length)] = Math.floor(random.float() * 256);
    try {
      decodeReadRequest(mutated);
    } catch (error) {
      assert.ok(
        error instanceof Error && error.name === 'InputError',
        `seed 20261121, ${i}: ${String(error)}`,
      );
    }
  }
});
