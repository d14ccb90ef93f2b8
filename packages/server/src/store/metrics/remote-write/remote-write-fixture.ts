import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import {
  isStaleAt,
  labelsOf,
  SampleBatchBuilder,
  SeededRandom,
  VirtualClock,
  type Labels,
  type SampleBatch,
} from '@vedette/model';
import { createMetricsRegistry, type MetricsRegistry } from '@vedette/sdk';
import { DiskFiles } from '../../../lib/disk-files.ts';
import { ProtobufReader } from '../../../lib/protobuf-reader.ts';
import { decompressSnappy } from '../../../lib/snappy.ts';
import type { Log } from '../../../telemetry/log.ts';
import { remoteWriteConfig, type RemoteWriteConfig } from './config.ts';
import type { OutgoingSeries } from './outgoing-series.ts';
import { createRemoteWriter, type RemoteWriter, type RemoteWriterDeps } from './remote-writer.ts';
import { createSenderMetrics } from './sender-metrics.ts';

/** The time at which scenes begin. */
export const T = 1_700_000_000_000;

const REQUEST_BYTES_MAX = 64 * 1024 * 1024;

/** What came in one request. */
export interface SeenRequest {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Uint8Array;
}

export type Answer = {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly text?: string;
};

/** A remote on loopback that answers as it is told. */
export interface FakeRemote {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Decides about each request; by default all are answered with 204. */
  answer: (request: SeenRequest, index: number) => Answer | Promise<Answer>;
}

export async function startFakeRemote(t: TestContext): Promise<FakeRemote> {
  const requests: SeenRequest[] = [];
  const remote = {
    url: '',
    requests,
    answer: (): Answer => ({ status: 204 }),
  } as FakeRemote & { url: string };
  const server = http.createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const seen = {
        headers: incoming.headers,
        body: decompressSnappy(Buffer.concat(parts), REQUEST_BYTES_MAX),
      };
      requests.push(seen);
      void Promise.resolve(remote.answer(seen, requests.length - 1)).then(({ status, headers, text }) =>
        outgoing.writeHead(status, headers).end(text),
      );
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  remote.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/write`;
  return remote;
}

/** A sender to `url` on a virtual clock, which lets real sockets move on before it goes on. */
export interface SenderScene {
  readonly clock: VirtualClock;
  readonly writer: RemoteWriter;
  readonly registry: MetricsRegistry;
  /** `message reason` of each warning. */
  readonly warnings: readonly string[];
  /** Value of a counter or gauge of ours, over all its series; 0 when there is none. */
  metric(name: string): number;
  /** Advances the clock in small steps until `isDone`, at most so long; fails else. */
  until(isDone: () => boolean, withinMs?: number): Promise<void>;
}

export function openScene(
  t: TestContext,
  config: Record<string, unknown>,
  externalLabels: Labels = labelsOf({}),
): SenderScene {
  const clock = new VirtualClock({ startMs: T, settle: settleSockets });
  const registry = createMetricsRegistry();
  const warnings: string[] = [];
  const deps = depsOf({ clock, registry, warnings });
  const writer = createRemoteWriter(deps, configOf(config), {
    externalLabels,
    userAgent: 'Vedette/test',
    directory: '/nowhere',
  });
  writer.start();
  t.after(async () => {
    const stopping = writer.stop();
    await clock.advance(10_000);
    await stopping;
  });
  return {
    clock,
    writer,
    registry,
    warnings,
    metric: (name) => metricOf(registry, name),
    until: async (isDone, withinMs = 60_000) => {
      for (let passedMs = 0; !isDone(); passedMs += 10) {
        if (passedMs > withinMs) throw new Error(`waited ${withinMs} ms of virtual time in vain`);
        await clock.advance(10);
      }
    },
  };
}

export function depsOf(scene: {
  clock: VirtualClock;
  registry: MetricsRegistry;
  warnings: string[];
}): RemoteWriterDeps {
  return {
    clock: scene.clock,
    random: new SeededRandom(1),
    files: new DiskFiles(),
    log: warningLog(scene.warnings),
    metrics: createSenderMetrics(scene.registry),
    slicer: { shouldYield: () => true, yield: () => Promise.resolve() },
  };
}

export function configOf(config: Record<string, unknown>): RemoteWriteConfig {
  return remoteWriteConfig.parse({ name: 'test', ...config });
}

export function metricOf(registry: MetricsRegistry, name: string): number {
  const family = registry.collect().find((one) => one.name === `vedette_remote_storage_${name}`);
  return (family?.samples ?? []).reduce((sum, { value }) => sum + value, 0);
}

/** Sockets of one machine need a few turns of the loop for each step of a request. */
async function settleSockets(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function warningLog(warnings: string[]): Log {
  const log: Log = {
    debug: () => undefined,
    info: (message) => void warnings.push(`info: ${message}`),
    warn: (message, fields) => void warnings.push(`${message}: ${textOf(fields?.['reason'])}`),
    error: (message, fields) => void warnings.push(`error: ${message}: ${textOf(fields?.['error'])}`),
    child: () => log,
  };
  return log;
}

function textOf(field: unknown): string {
  return field instanceof Error ? field.message : typeof field === 'string' ? field : '';
}

/** A series with this metric name, in the first lane. */
export function seriesOf(name: string): OutgoingSeries {
  return {
    labels: labelsOf({ __name__: name }),
    lane: 0,
    labelBytes: 12 + name.length,
    newestMs: -Infinity,
    labelFields: undefined,
  };
}

/** One sample of each series at a time: `batchOf(T, ['a', 1], ['b', 2])`. */
export function batchOf(
  timestampMs: number,
  ...samples: readonly (readonly [name: string, value: number])[]
): SampleBatch {
  const builder = new SampleBatchBuilder();
  for (const [name, value] of samples) {
    builder.openSeries(labelsOf({ __name__: name }));
    builder.addSample(timestampMs, value);
  }
  return builder.finish();
}

/** A series as a request carries it, for comparing. */
export interface DecodedSeries {
  readonly labels: readonly string[];
  readonly samples: readonly (readonly [timestampMs: number, value: number | 'stale', startMs?: number])[];
}

/** Labels and samples of a request of version 1, read by hand. */
export function decodeV1({ body }: SeenRequest): readonly DecodedSeries[] {
  const all: DecodedSeries[] = [];
  const reader = new ProtobufReader(body);
  while (reader.next()) {
    if (reader.field === 1) all.push(decodeSeries(reader.message(), undefined));
    else reader.skip();
  }
  return all;
}

/** The same of version 2. */
export function decodeV2({ body }: SeenRequest): readonly DecodedSeries[] {
  const symbols: string[] = [];
  const all: DecodedSeries[] = [];
  const reader = new ProtobufReader(body);
  while (reader.next()) {
    if (reader.field === 4) symbols.push(reader.string());
    else if (reader.field === 5) all.push(decodeSeries(reader.message(), symbols));
    else reader.skip();
  }
  return all;
}

function decodeSeries(reader: ProtobufReader, symbols: readonly string[] | undefined): DecodedSeries {
  const labels: string[] = [];
  const samples: [number, number | 'stale', number?][] = [];
  while (reader.next()) {
    if (reader.field === 1 && symbols === undefined) labels.push(...decodeLabel(reader.message()));
    else if (reader.field === 1 && symbols !== undefined) labels.push(...readReferences(reader, symbols));
    else if (reader.field === 2) samples.push(decodeSample(reader.bytes()));
    else reader.skip();
  }
  return { labels, samples };
}

function readReferences(reader: ProtobufReader, symbols: readonly string[]): string[] {
  const references: number[] = [];
  reader.uints(references);
  return references.map((reference) => symbols[reference] ?? '?');
}

function decodeLabel(reader: ProtobufReader): [string, string] {
  const label: [string, string] = ['', ''];
  while (reader.next()) label[reader.field === 1 ? 0 : 1] = reader.string();
  return label;
}

function decodeSample(bytes: Uint8Array): [number, number | 'stale', number?] {
  const reader = new ProtobufReader(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let value: number | 'stale' = 0;
  let timestampMs = 0;
  let startMs = 0;
  while (reader.next()) {
    if (reader.field === 1) {
      const isStale = isStaleAt(view, reader.position);
      const number = reader.double();
      value = isStale ? 'stale' : number;
    } else if (reader.field === 2) timestampMs = reader.int();
    else startMs = reader.int();
  }
  return startMs === 0 ? [timestampMs, value] : [timestampMs, value, startMs];
}
