/** The suite of the port `PromQuery` with Debian's Prometheus 2.42 behind the adapter, its samples by remote write. */
import { after } from 'node:test';
import { createMetricsRegistry } from '@vedette/sdk';
import { DiskFiles } from '../../packages/server/src/lib/disk-files.ts';
import { SystemClock } from '../../packages/server/src/lib/system-clock.ts';
import { TimeSlicer } from '../../packages/server/src/lib/time-slicer.ts';
import { queryConfigSchema } from '../../packages/server/src/query/metrics/config.ts';
import {
  testPromQueryContract,
  type ContractSample,
} from '../../packages/server/src/query/metrics/port.contract.ts';
import { createPrometheusPromQuery } from '../../packages/server/src/query/metrics/prometheus.ts';
import { createPrometheusApi } from '../../packages/server/src/store/metrics/prometheus/prometheus-api.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { writeSamples } from '../support/remote-write.ts';
import { startPrometheus } from './real-prometheus.ts';

let started: Promise<string> | undefined;
/** What is to be done when the last test has ended; `after` inside a test would mean the end of that one. */
const endings: (() => unknown)[] = [];

after(async () => {
  for (const end of endings) await end();
});

/** One for all tests, with the samples, which are the same for each. */
async function startWith(samples: readonly ContractSample[]): Promise<string> {
  const ending = { after: (end: () => unknown): void => void endings.push(end) };
  const url = await startPrometheus(ending, '{}', ['--web.enable-remote-write-receiver']);
  await writeSamples(url, samples);
  return url;
}

testPromQueryContract(
  'Prometheus 2.42',
  async (samples) => {
    started ??= startWith(samples);
    const clock = new SystemClock();
    const api = createPrometheusApi(
      { files: new DiskFiles() },
      {
        url: await started,
        http: { follow_redirects: true, enable_http2: true },
        directory: '/',
        userAgent: 'vedette-test',
      },
    );
    const query = createPrometheusPromQuery(
      { api, clock, createSlicer: () => new TimeSlicer(clock), registry: createMetricsRegistry() },
      queryConfigSchema.parse({}),
    );
    return { query, close: async () => api.close() };
  },
  { isLeftBorderInside: true, skip: skipWithout(PEERS.prometheus) },
);
