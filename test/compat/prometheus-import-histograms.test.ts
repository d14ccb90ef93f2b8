/** Native histograms taken over from Debian's Prometheus, in a stream of its chunks and from a block of them. */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { test } from 'node:test';
import { ProtobufWriter } from '../../packages/server/src/lib/protobuf-writer.ts';
import { compressSnappy } from '../../packages/server/src/lib/snappy.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { runVedette, startVedette, temporaryDirectory } from '../support/vedette-process.ts';
import { startPrometheus } from './real-prometheus.ts';

const COUNT = 150;
const STEP_MS = 1000;

/** A remote write request with a histogram of whole numbers and one of floats; buckets change and reset on the way. */
function requestOf(firstMs: number): Uint8Array<ArrayBuffer> {
  const request = new ProtobufWriter();
  for (const isFloat of [false, true]) {
    const series = new ProtobufWriter();
    const label = new ProtobufWriter();
    label.string(1, '__name__');
    label.string(2, isFloat ? 'floats' : 'wholes');
    series.message(1, label);
    for (let i = 0; i < COUNT; i++) series.message(4, histogramOf(i, firstMs + i * STEP_MS, isFloat));
    request.message(1, series);
  }
  return compressSnappy(request.finish());
}

function histogramOf(i: number, timestampMs: number, isFloat: boolean): ProtobufWriter {
  // Falls back at 90, and has one bucket more from 60 on.
  const height = i % 90;
  const counts = [3, 1, 4, 1, ...(i >= 60 ? [5] : [])].map((one, k) => (height + 1) * one + (i % (k + 2)));
  const zeroCount = height + 1;
  const count = counts.reduce((sum, one) => sum + one, zeroCount);
  const writer = new ProtobufWriter();
  const span = new ProtobufWriter();
  span.sint(1, -2);
  span.uint(2, counts.length);
  if (isFloat) writer.double(2, count);
  else writer.uint(1, count);
  writer.double(3, count * 1.25);
  writer.sint(4, 2);
  writer.double(5, 2 ** -20);
  if (isFloat) writer.double(7, zeroCount);
  else writer.uint(6, zeroCount);
  writer.message(11, span);
  if (isFloat) writer.packedDoubles(13, Float64Array.from(counts));
  else
    writer.packedSints(
      12,
      counts.map((one, k) => one - (counts[k - 1] ?? 0)),
    );
  writer.int(15, timestampMs);
  return writer;
}

interface Answer {
  readonly data: { readonly result: readonly { readonly values?: readonly (readonly [number, string])[] }[] };
}

test(
  'native histograms of whole numbers and of floats are the same after the import',
  { skip: skipWithout(PEERS.prometheus) },
  async (t) => {
    const directory = path.join(temporaryDirectory(t), 'data');
    const theirs = await startPrometheus(t, 'global: {}\n', [
      `--storage.tsdb.path=${directory}`,
      '--enable-feature=native-histograms',
      '--web.enable-remote-write-receiver',
      '--web.enable-admin-api',
    ]);
    const firstMs = Math.floor(Date.now() / 1000 - COUNT - 5) * 1000;
    const headers = { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' };
    const written = await fetch(`${theirs}/api/v1/write`, {
      method: 'POST',
      headers,
      body: requestOf(firstMs),
    });
    assert.equal(written.status, 204, await written.text());
    const snapshot = await fetch(`${theirs}/api/v1/admin/tsdb/snapshot`, { method: 'POST' });
    const { data } = (await snapshot.json()) as { data: { name: string } };

    const ask = async (url: string, query: string): Promise<string> => {
      const form = {
        query,
        start: String(firstMs / 1000 + 30.5),
        end: String(firstMs / 1000 + COUNT),
        step: '7',
      };
      const response = await fetch(`${url}/api/v1/query_range`, {
        method: 'POST',
        body: new URLSearchParams(form),
      });
      const { result } = ((await response.json()) as Answer).data;
      const values = result[0]?.values ?? [];
      assert.ok(values.length > 10, `${query}: ${values.length}`);
      return values.map(([seconds, value]) => `${seconds} ${Number(value).toPrecision(9)}`).join('\n');
    };
    for (const source of [theirs, path.join(directory, 'snapshots', data.name)]) {
      const dataDirectory = temporaryDirectory(t);
      const { code, stdout, stderr } = await runVedette(t, [
        'import',
        'prometheus',
        '--json',
        source,
        '--from',
        '1h',
        '--data',
        dataDirectory,
      ]);
      assert.equal(code, 0, stderr);
      const summary = JSON.parse(stdout) as {
        histogramsRead: number;
        samplesStored: number;
        refusals: unknown;
      };
      assert.deepEqual(
        [summary.histogramsRead, summary.samplesStored, summary.refusals],
        [COUNT * 2, COUNT * 2, []],
        source,
      );
      const ours = await startVedette(t, { dataDirectory, args: ['--no-host'] });
      for (const name of ['wholes', 'floats'])
        for (const query of [
          `histogram_count(${name})`,
          `histogram_sum(${name})`,
          `histogram_count(rate(${name}[20s]))`,
          // At the bounds of buckets: 2.42 interpolates within them in another way.
          `histogram_fraction(-1, 1, ${name})`,
        ])
          assert.equal(await ask(ours.url, query), await ask(theirs, query), `${source}: ${query}`);
    }
  },
);
