import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test, type TestContext } from 'node:test';
import { createMatcher, formatLabels, SeededRandom, type TimeRange } from '@vedette/model';
import { crc32c } from '../../lib/crc32c.ts';
import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import { compressSnappy } from '../../lib/snappy.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import { XOR_CHUNK } from './block-fixture.ts';
import { CollectedSeries } from './collected-series.ts';
import { createRemoteReadSource } from './remote-read-source.ts';
import { collectFrame, collectSamples, FrameSplitter } from './remote-read-wire.ts';
import { SpanTooLargeError, type ImportSource } from './source.ts';

const RANGE: TimeRange = { fromMs: XOR_CHUNK.minMs, untilMs: XOR_CHUNK.maxMs };
const NEVER = new AbortController().signal;

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body: Uint8Array;
}

async function serve(
  t: TestContext,
  answer: Answer,
): Promise<{ source: (at?: string) => ImportSource; headers: string[] }> {
  const headers: string[] = [];
  const server = createServer((request, response) => {
    headers.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    request.resume();
    response.writeHead(answer.status ?? 200, { 'content-type': answer.type ?? STREAM });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), void server.close()));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const options = { token: undefined, matcherSets: [[createMatcher('job', '=', 'a')]], range: RANGE };
  return {
    headers,
    source: (at = 'http://HOST') =>
      createRemoteReadSource(
        { clock: new SystemClock() },
        { ...options, url: new URL(at.replace('HOST', `127.0.0.1:${port}`)) },
      ),
  };
}

const STREAM = 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse';
const SAMPLES = 'application/x-protobuf';

function labelled(writer: ProtobufWriter, name: string): ProtobufWriter {
  const label = new ProtobufWriter();
  label.string(1, '__name__');
  label.string(2, name);
  writer.message(1, label);
  return writer;
}

function frameOf(name: string, queryIndex = 0): Uint8Array {
  const [chunk, message] = [new ProtobufWriter(), new ProtobufWriter()];
  chunk.int(1, XOR_CHUNK.minMs);
  chunk.int(2, XOR_CHUNK.maxMs);
  chunk.uint(3, 1);
  chunk.bytes(4, XOR_CHUNK.bytes);
  const series = labelled(new ProtobufWriter(), name);
  series.message(2, chunk);
  message.message(1, series);
  message.int(2, queryIndex);
  const content = message.finish();
  assert.ok(content.length < 128);
  const head = new DataView(new ArrayBuffer(4));
  head.setUint32(0, crc32c(content));
  return Buffer.concat([Uint8Array.of(content.length), new Uint8Array(head.buffer), content]);
}

function samplesOf(name: string): Uint8Array {
  const [response, result, sample] = [new ProtobufWriter(), new ProtobufWriter(), new ProtobufWriter()];
  sample.double(1, 4.5);
  sample.int(2, XOR_CHUNK.minMs + 1);
  const series = labelled(new ProtobufWriter(), name);
  series.message(2, sample);
  result.message(1, series);
  response.message(1, result);
  return response.finish();
}

async function linesOf(source: ImportSource): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const batch of source.read(RANGE, NEVER))
    for (const { labels, values } of batch) lines.push(`${formatLabels(labels)} ${values.join(' ')}`);
  return lines;
}

test('a stream of chunks is sorted; a series in several frames, or of two questions, comes once', async (t) => {
  const body = Buffer.concat([frameOf('b'), frameOf('a'), frameOf('a'), frameOf('a', 1)]);
  const { source, headers } = await serve(t, { body });
  assert.deepEqual(await linesOf(source()), ['a 1 2 2.5', 'b 1 2 2.5']);
  await linesOf(source('http://u%20r:p@HOST/prefix/'));
  await linesOf(source('http://HOST/other/read'));
  assert.deepEqual(headers, [
    'POST /api/v1/read ',
    `POST /prefix/api/v1/read Basic ${Buffer.from('u r:p').toString('base64')}`,
    'POST /other/read ',
  ]);
  assert.doesNotMatch(source('http://user:secret@HOST').name, /user|secret/);
});

test('an answer in samples is understood as well', async (t) => {
  const { source } = await serve(t, { type: SAMPLES, body: compressSnappy(samplesOf('a')) });
  assert.deepEqual(await linesOf(source()), ['a 4.5']);
});

test('an answer that is cut off, damaged or none at all is refused', async (t) => {
  const check = async (answer: Answer, want: RegExp): Promise<void> => {
    const { source } = await serve(t, answer);
    await assert.rejects(linesOf(source()), want);
  };
  const frame = frameOf('a');
  await check({ body: frame.subarray(0, -1) }, /cannot read the answer of http.*cut off within a frame/);
  await check({ body: frame.with(20, (frame[20] ?? 0) ^ 1) }, /checksum/);
  await check({ body: Uint8Array.of(255, 255, 255, 255, 255, 1) }, /a frame takes more than/);
  await check({ type: SAMPLES, body: Uint8Array.of(5, 1) }, /snappy/);
  await check({ type: 'text/html', body: new TextEncoder().encode('<html>') }, /cannot read the answer/);
});

test('refusals say what to do; the sample limit of a server asks for less time', async (t) => {
  const check = async (status: number, text: string, want: RegExp): Promise<void> => {
    const { source } = await serve(t, { status, body: new TextEncoder().encode(text) });
    await assert.rejects(linesOf(source()), want);
  };
  await check(401, 'who are you', /answered 401: who are you; name a token with --token-file/);
  await check(404, '', /answered 404; is remote read served there/);
  await check(500, 'x'.repeat(1000), /answered 500: x{300}$/);
  const { source } = await serve(t, {
    status: 400,
    body: new TextEncoder().encode('exceeded sample limit (5)\n'),
  });
  await assert.rejects(linesOf(source()), SpanTooLargeError);
});

test('frames and samples with any bytes changed are understood or refused', () => {
  const random = new SeededRandom(20_261_121);
  const mutate = (bytes: Uint8Array): Uint8Array => {
    const changed = bytes.slice(
      0,
      random.float() < 0.2 ? Math.floor(random.float() * bytes.length) : undefined,
    );
    for (let n = Math.ceil(random.float() * 3); n > 0 && changed.length > 0; n--)
      changed[Math.floor(random.float() * changed.length)] = Math.floor(random.float() * 256);
    return changed;
  };
  const content = frameOf('a').subarray(5);
  let refused = 0;
  for (let i = 0; i < 4000; i++) {
    const collected = new CollectedSeries();
    try {
      if (i % 3 === 0) collectSamples(mutate(samplesOf('a')), collected);
      else if (i % 3 === 1) collectFrame(mutate(content), collected);
      else for (const frame of new FrameSplitter().push(mutate(frameOf('a')))) collectFrame(frame, collected);
      for (const { timestampsMs } of collected.sorted({ fromMs: -Infinity, untilMs: Infinity }))
        assert.ok(timestampsMs.length < 100_000);
    } catch (error) {
      assert.ok(
        error instanceof Error && error.name === 'InputError',
        `seed 20261121, ${i}: ${String(error)}`,
      );
      refused++;
    }
  }
  assert.ok(refused > 1000, `only ${refused} were refused`);
});
