import { ProtobufWriter } from '../../packages/server/src/lib/protobuf-writer.ts';
import { compressSnappy } from '../../packages/server/src/lib/snappy.ts';
import { startPrometheus } from '../../test/compat/real-prometheus.ts';
import { startVedette, type Lifetime } from '../../test/support/vedette-process.ts';
import { answerOf, type Answer } from './compare.ts';
import type { Scene, SceneSeries } from './data.ts';

/** How a query is asked; times in whole seconds. */
export type Form =
  | { readonly query: string; readonly time: number }
  | { readonly query: string; readonly start: number; readonly end: number; readonly step: number };

/** Both servers, with the same samples. */
export interface Sides {
  readonly theirs: string;
  readonly ours: string;
}

/** Starts both and writes the scene to both by remote write, the same bytes. */
export async function startSides(lifetime: Lifetime, scene: Scene): Promise<Sides> {
  const [theirs, { url: ours }] = await Promise.all([
    startPrometheus(lifetime, 'global: {}\n', ['--web.enable-remote-write-receiver']),
    startVedette(lifetime, { config: 'packs: { host: false }\n', args: ['--no-host'] }),
  ]);
  for (let from = 0; from < scene.series.length; from += SERIES_PER_REQUEST) {
    const body = writeRequest(scene.series.slice(from, from + SERIES_PER_REQUEST));
    await write(theirs, body);
    await write(ours, body);
  }
  return { theirs, ours };
}

const SERIES_PER_REQUEST = 50;

async function write(url: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    body,
  });
  if (!response.ok) throw new Error(`cannot write to ${url}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

/** The bytes of a staleness marker, least significant first: no JavaScript number keeps them. */
const STALE_MARKER = Uint8Array.from([2, 0, 0, 0, 0, 0, 0xf0, 0x7f]);

function writeRequest(list: readonly SceneSeries[]): Uint8Array<ArrayBuffer> {
  const request = new ProtobufWriter();
  for (const { labels, samples } of list) {
    const series = new ProtobufWriter();
    for (const [name, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const label = new ProtobufWriter();
      label.string(1, name);
      label.string(2, value);
      series.message(1, label);
    }
    for (const [timestampMs, value] of samples) {
      const sample = new ProtobufWriter();
      sample.double(1, value === 'stale' ? 0 : value);
      sample.int(2, timestampMs);
      series.bytes(2, value === 'stale' ? withMarker(sample.finish()) : sample.finish());
    }
    request.message(1, series);
  }
  return compressSnappy(request.finish());
}

/** The value of a sample stands behind its one tag byte. */
function withMarker(sample: Uint8Array): Uint8Array {
  sample.set(STALE_MARKER, 1);
  return sample;
}

export async function askBoth(
  { theirs, ours }: Sides,
  form: Form,
): Promise<{ readonly theirs: Answer; readonly ours: Answer }> {
  const [other, own] = await Promise.all([ask(theirs, form), ask(ours, form)]);
  return { theirs: other, ours: own };
}

async function ask(url: string, form: Form): Promise<Answer> {
  const path = 'time' in form ? 'query' : 'query_range';
  const body = new URLSearchParams(Object.entries(form).map(([name, value]) => [name, String(value)]));
  const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body });
  return answerOf((await response.json()) as Parameters<typeof answerOf>[0]);
}
