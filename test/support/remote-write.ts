import assert from 'node:assert/strict';
import type { Labels } from '@vedette/model';
import { ProtobufWriter } from '../../packages/server/src/lib/protobuf-writer.ts';
import { compressSnappy } from '../../packages/server/src/lib/snappy.ts';

export interface WrittenSample {
  readonly labels: Labels;
  readonly timestampMs: number;
  readonly value: number;
}

/** Puts samples into a Prometheus by one remote-write request, message version 1, each as a series of its own entry. */
export async function writeSamples(url: string, samples: readonly WrittenSample[]): Promise<void> {
  const request = new ProtobufWriter();
  for (const { labels, timestampMs, value } of samples) {
    const series = new ProtobufWriter();
    for (let i = 0; i < labels.length; i += 2) {
      const label = new ProtobufWriter();
      label.string(1, labels[i] ?? '');
      label.string(2, labels[i + 1] ?? '');
      series.message(1, label);
    }
    const sample = new ProtobufWriter();
    sample.double(1, value);
    sample.int(2, timestampMs);
    series.message(2, sample);
    request.message(1, series);
  }
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    body: compressSnappy(request.finish()),
  });
  assert.equal(response.status, 204, await response.text());
}
