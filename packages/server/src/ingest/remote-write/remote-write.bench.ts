/**
 * CPU time of taking in write requests, without HTTP and store: `node packages/server/src/ingest/remote-write/remote-write.bench.ts`.
 * The two shapes of DESIGN §9: 20 samples a series, and one sample a series in bodies of 2,000. CPU time, not wall time,
 * so that a busy machine disturbs it less; the best of several rounds counts.
 */
import { createMetricsRegistry } from '@vedette/sdk';
import type { MetricsWriter } from '@vedette/model';
import { compressSnappy, decompressSnappy } from '../../lib/snappy.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { createRemoteWriteEndpoint } from './remote-write-endpoint.ts';
import { CONTENT_TYPE, requestV1, requestV2, type Pairs, type SeriesText } from './remote-write-fixture.ts';

const ROUNDS = 12;
const START_MS = 1_700_000_000_000;

const writer: MetricsWriter = {
  append: (batch) =>
    Promise.resolve({
      acceptedCount: batch.timestampsMs.length,
      acceptedHistogramCount: 0,
      acceptedExemplarCount: 0,
      createdSeriesCount: 0,
      refusals: [],
    }),
};
const clock = new SystemClock();
const slicer = new TimeSlicer(clock);
const endpoint = createRemoteWriteEndpoint({ clock, slicer, writer, metrics: createMetricsRegistry() });

function labelsOf(series: number): Pairs {
  return [
    ['__name__', `http_requests_${series % 40}_total`],
    ['instance', `10.0.${(series >> 8) % 20}.${(series >> 3) % 200}:9100`],
    ['job', ['api', 'web', 'worker', 'db'][series % 4] ?? ''],
    ['method', ['GET', 'POST', 'PUT', 'DELETE'][(series >> 2) % 4] ?? ''],
    ['pod', `frontend-${(series * 7919 + 100_000).toString(36)}-${series}`],
    ['status', ['200', '404', '500'][series % 3] ?? ''],
  ];
}

function requestsOf(
  shape: { series: number; samples: number; bodySeries: number },
  make: (series: readonly SeriesText[]) => Uint8Array,
): Uint8Array[] {
  const bodies: Uint8Array[] = [];
  for (let first = 0; first < shape.series; first += shape.bodySeries) {
    const series = Array.from({ length: shape.bodySeries }, (_, i) => ({
      labels: labelsOf(first + i),
      samples: Array.from({ length: shape.samples }, (_sample, k) => ({
        timestampMs: START_MS + k * 15_000 + (i % 1000),
        value: (first + i) % 2 === 0 ? k * 31 + i : Math.round((k * 37 + i) * 33) / 100,
      })),
    }));
    bodies.push(compressSnappy(make(series)));
  }
  return bodies;
}

async function measure(name: string, samples: number, task: () => Promise<void> | void): Promise<void> {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    await task();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, user + system);
  }
  console.log(
    `${name}: ${((best * 1000) / samples).toFixed(0)} ns a sample of CPU, ${(samples / best).toFixed(2)} M samples/CPU-s`,
  );
}

for (const shape of [
  { name: '20 samples a series, 100 series a body', series: 10_000, samples: 20, bodySeries: 100 },
  { name: '1 sample a series, 2,000 series a body', series: 100_000, samples: 1, bodySeries: 2000 },
]) {
  const count = shape.series * shape.samples;
  const v1 = requestsOf(shape, requestV1);
  const v2 = requestsOf(shape, requestV2);
  await measure(`${shape.name}: unpack alone`, count, () => {
    for (const body of v1) decompressSnappy(body, 2 ** 25);
  });
  for (const [version, bodies] of [
    ['v1', v1],
    ['v2', v2],
  ] as const) {
    const headers = { 'content-type': CONTENT_TYPE[version], 'content-encoding': 'snappy' };
    const query = new URLSearchParams();
    const { signal } = new AbortController();
    await measure(`${shape.name}: ${version}`, count, async () => {
      for (const body of bodies) {
        const { status } = await endpoint.receive({ headers, query, body, signal });
        if (status !== 204) throw new Error(`got status ${status}`);
      }
    });
  }
}
