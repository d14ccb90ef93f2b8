/**
 * A label value of a megabyte, by every way in of the real program: refused by name, what stands beside it is kept
 * where the way allows parts (a page of a target is taken whole or not, as Prometheus does), and memory returns.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import {
  seriesOf,
  writeBlock,
  XOR_CHUNK,
} from '../packages/server/src/ingest/prometheus-import/block-fixture.ts';
import { requestV2 } from '../packages/server/src/ingest/remote-write/remote-write-fixture.ts';
import { protobufPage } from '../packages/server/src/ingest/scrape/exposition-fixture.ts';
import { DiskFiles } from '../packages/server/src/lib/disk-files.ts';
import { compressSnappy } from '../packages/server/src/lib/snappy.ts';
import { LATE, residentBytesMax, startHostile } from './support/hostile-service.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from './support/remote-write-body.ts';
import { until } from './support/until.ts';
import {
  runVedette,
  startVedette,
  temporaryDirectory,
  type VedetteProcess,
} from './support/vedette-process.ts';

const LONG = 'v'.repeat(1_000_000);
const V2_HEADERS = {
  ...REMOTE_WRITE_HEADERS,
  'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
};

/** Bodies of 1 MB, ten of each way, leave it far below; were they kept, or copied as numbers, they would not. */
const RESIDENT_BYTES_MAX = 400 * 2 ** 20;

const namesOf = async (vedette: VedetteProcess): Promise<readonly string[]> => {
  const { data } = await vedette.json<{ data: string[] }>('/api/v1/label/__name__/values');
  return data.filter((name) => /^(good|bad)_/.test(name));
};

async function send(
  vedette: VedetteProcess,
  request: {
    readonly to: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | Uint8Array<ArrayBuffer>;
    readonly status: number;
    readonly says: RegExp;
  },
): Promise<void> {
  const { to, headers, body, status, says } = request;
  const response = await vedette.get(to, { method: 'POST', headers, body });
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.match(text, says);
  assert.ok(text.length < 1500, `an answer of ${text.length} characters`);
}

function sendByVersion1(vedette: VedetteProcess, nowMs: number): Promise<void> {
  const body = remoteWriteBody([
    { labels: { __name__: 'bad_v1', long: LONG }, samples: [[nowMs, 1]] },
    { labels: { __name__: 'good_v1' }, samples: [[nowMs, 1]] },
  ]);
  const says = /the value of label "long" has 1000000 bytes, the limit is 8192/;
  return send(vedette, { to: '/api/v1/write', headers: REMOTE_WRITE_HEADERS, body, status: 400, says });
}

function sendByVersion2(vedette: VedetteProcess, nowMs: number): Promise<void> {
  const samples = [{ timestampMs: nowMs, value: 1 }];
  const request = requestV2([
    {
      labels: [
        ['__name__', 'bad_v2'],
        ['long', LONG],
      ],
      samples,
    },
    { labels: [['__name__', 'good_v2']], samples },
  ]);
  const says = /the value of label "long" has 1000000 bytes, the limit is 8192/;
  const body = Uint8Array.from(compressSnappy(request));
  return send(vedette, { to: '/api/v1/write', headers: V2_HEADERS, body, status: 400, says });
}

function sendByOtlp(vedette: VedetteProcess, nowMs: number): Promise<void> {
  const gauge = (name: string, value: string): object => ({
    name,
    gauge: {
      dataPoints: [
        {
          timeUnixNano: `${nowMs}000000`,
          asDouble: 1,
          attributes: [{ key: 'long', value: { stringValue: value } }],
        },
      ],
    },
  });
  const metrics = [gauge('bad_otlp', LONG), gauge('good_otlp', 'short')];
  const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  const headers = { 'content-type': 'application/json' };
  const says = /"partialSuccess"/;
  return send(vedette, { to: '/v1/metrics', headers, body, status: 200, says });
}

/** A target that answers every scrape with these bytes. */
function startPage(t: TestContext, contentType: string, body: Uint8Array | string): Promise<number> {
  return startHostile(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\nConnection: close\r\n\r\n`);
    socket.end(body);
  });
}

interface Target {
  readonly scrapePool: string;
  readonly health: string;
  readonly lastError: string;
}

async function targetOf(vedette: VedetteProcess, job: string): Promise<Target> {
  return await until(`a scrape of ${job}`, async () => {
    const { data } = await vedette.json<{ data: { activeTargets: Target[] } }>('/api/v1/targets');
    return data.activeTargets.find(
      ({ scrapePool, health, lastError }) =>
        scrapePool === job && health !== 'unknown' && !LATE.test(lastError),
    );
  });
}

describe('a label value of a megabyte', () => {
  test('fails a scrape by name, in text and in protobuf, and is refused by receivers beside what is stored', async (t) => {
    const ports = {
      text: await startPage(t, 'text/plain; version=0.0.4', `good_page 1\nbad_page{long="${LONG}"} 1\n`),
      proto: await startPage(
        t,
        'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
        protobufPage([
          { name: 'good_page', type: 'gauge', metrics: [{ value: 1 }] },
          { name: 'bad_page', type: 'gauge', metrics: [{ value: 1, labels: { long: LONG } }] },
        ]),
      ),
    };
    const jobs = Object.entries(ports).map(
      ([job, port]) => `  - { job_name: ${job}, static_configs: [ { targets: ["127.0.0.1:${port}"] } ] }\n`,
    );
    const vedette = await startVedette(t, {
      config: `global: { scrape_interval: 1s }\npacks: { host: false }\nscrape_configs:\n${jobs.join('')}`,
      args: ['--no-host'],
    });
    for (const job of Object.keys(ports)) {
      const { health, lastError } = await targetOf(vedette, job);
      assert.equal(health, 'down');
      assert.match(lastError, /label_value_length_limit/);
      assert.ok(lastError.length < 1000);
    }
    const nowMs = Date.now();
    for (let i = 0; i < 10; i++) {
      await sendByVersion1(vedette, nowMs + i);
      await sendByVersion2(vedette, nowMs + i);
      await sendByOtlp(vedette, nowMs + i);
    }
    assert.deepEqual(await namesOf(vedette), ['good_otlp', 'good_v1', 'good_v2']);
    const resident = residentBytesMax(vedette.pid) ?? 0;
    assert.ok(resident < RESIDENT_BYTES_MAX, `held ${resident} bytes, want less than ${RESIDENT_BYTES_MAX}`);
    assert.ok(!vedette.stderr().includes(LONG.slice(0, 2000)), 'it is not written to the log');
    assert.ok(!/"level":"error"/.test(vedette.stderr()), vedette.stderr());
  });

  test('is left out of an import and counted, the rest of the block comes', async (t) => {
    const from = temporaryDirectory(t);
    await writeBlock(new DiskFiles(), from, {
      ulid: '01HF7Y00000000000000000000',
      minMs: XOR_CHUNK.minMs,
      maxMs: XOR_CHUNK.maxMs + 1,
      series: [
        seriesOf({ __name__: 'bad_block', long: LONG }, XOR_CHUNK),
        seriesOf({ __name__: 'good_block' }, XOR_CHUNK),
      ],
    });
    const dataDirectory = temporaryDirectory(t);
    const config = 'packs: { host: false }\nstorage: { metrics: { retention: 20y } }\n';
    const file = path.join(temporaryDirectory(t), 'vedette.yml');
    writeFileSync(file, config);
    const options = ['--data', dataDirectory, '--config', file, '--json'];
    const { code, stdout, stderr } = await runVedette(t, ['import', 'prometheus', from, ...options]);
    assert.equal(code, 0, stderr);
    const { samplesStored, refusals } = JSON.parse(stdout) as {
      samplesStored: number;
      refusals: { reason: string; count: number; example: string }[];
    };
    assert.equal(samplesStored, 3);
    assert.deepEqual(
      refusals.map(({ reason, count }) => [reason, count]),
      [['labels-too-long', 3]],
    );
    assert.ok((refusals[0]?.example.length ?? Infinity) < 400);
  });
});
