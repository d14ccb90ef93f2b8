import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { pour, residentBytesMax } from './support/hostile-service.ts';
import { until } from './support/until.ts';
import { startVedette, type VedetteProcess } from './support/vedette-process.ts';

/** What is refused is refused before much is done: an answer that takes this long, on whatever machine, hangs. */
const ANSWER_MS_MAX = 60_000;

const RESIDENT_BYTES_MAX = 512 * 1024 * 1024;

interface ErrorBody {
  readonly status: string;
  readonly errorType: string;
  readonly error: string;
}

/** Asserts a status and an error body of Prometheus, in time. */
async function assertRefused(
  vedette: VedetteProcess,
  path: string,
  want: { readonly status: number; readonly errorType: string; readonly error: RegExp },
  init: RequestInit = {},
): Promise<void> {
  const response = await vedette.get(path, { ...init, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  const text = await response.text();
  assert.equal(response.status, want.status, `${path.slice(0, 200)}: ${text.slice(0, 500)}`);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  assert.ok(text.length < 2000, `an error of ${text.length} characters`);
  const body = JSON.parse(text) as ErrorBody;
  assert.deepEqual([body.status, body.errorType], ['error', want.errorType]);
  assert.match(body.error, want.error);
}

const form = (fields: Readonly<Record<string, string>>): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(fields),
});

/** Writes bytes to the server; what it answered until it closed or `isEnough`. */
async function talk(
  t: TestContext,
  vedette: VedetteProcess,
  send: string | ((socket: Socket) => void),
  isEnough: (text: string) => boolean = () => false,
): Promise<string> {
  const socket = connect(Number(new URL(vedette.url).port), '127.0.0.1');
  t.after(() => socket.destroy());
  let text = '';
  let isClosed = false;
  socket.setEncoding('latin1').on('data', (part: string) => (text += part));
  socket.on('error', () => undefined).on('close', () => (isClosed = true));
  if (typeof send === 'string') socket.write(send);
  else send(socket);
  await until('an answer or the end of the connection', () =>
    isClosed || isEnough(text) ? true : undefined,
  );
  return text;
}

const HEAD = 'HTTP/1.1\r\nHost: localhost\r\n';

test('whatever is asked, the answer is an error body and the server goes on', async (t) => {
  const vedette = await startVedette(t, { config: 'query: { max_samples: 1000 }\n' });
  const unfinished = crowdOfUnfinishedRequests(t, vedette);
  const unused = talk(t, vedette, '');
  await t.test('a query that would load everything is stopped at its limit of samples', async () => {
    const tooLarge = { status: 422, errorType: 'execution', error: /limit is 1000; .*query\.max_samples/ };
    await until('more samples than the limit', async () => {
      const response = await vedette.get('/api/v1/query', form({ query: '{__name__=~".+"}[30d]' }));
      await response.arrayBuffer();
      return response.status === 422 ? true : undefined;
    });
    await assertRefused(vedette, '/api/v1/query', tooLarge, form({ query: '{__name__=~".+"}[30d]' }));
    await assertRefused(
      vedette,
      '/api/v1/query',
      tooLarge,
      form({ query: 'max_over_time({__name__=~".+"}[30d:1s])' }),
    );
  });
  await t.test('an expression that cannot be understood is refused at once', () =>
    refuseExpressions(vedette),
  );
  await t.test('a parameter that cannot be read is named', () => refuseParameters(vedette));
  await t.test('bodies beyond the limit are refused while they come', () => refuseBodies(t, vedette));
  await t.test('what is no HTTP is answered with 400 or 431 and closed', () => refuseProtocols(t, vedette));
  await t.test('requests in one packet are all answered, in order', async () => {
    const one = (n: number): string => `GET /api/v1/query?query=${n} ${HEAD}\r\n`;
    const many = Array.from({ length: 50 }, (_, i) => one(i)).join('');
    const countOf = (text: string): number => text.match(/HTTP\/1\.1 200 OK/g)?.length ?? 0;
    const text = await talk(t, vedette, many, (soFar) => countOf(soFar) === 50 && soFar.includes('"49"'));
    const values = [...text.matchAll(/"(\d+)"\]/g)].map(([, value]) => Number(value));
    assert.deepEqual(
      values,
      Array.from({ length: 50 }, (_, i) => i),
    );
  });
  await t.test('clients that never finish their headers are told and let go', async () => {
    for (const text of await unfinished) assert.match(text, /^HTTP\/1\.1 408 Request Timeout\r\n/);
  });
  await t.test('a connection that nobody uses is closed without a word', async () => {
    assert.equal(await unused, '');
  });
  await t.test('it still collects, answers and is of a bounded size', async () => {
    const up = `/api/v1/query?query=${encodeURIComponent('count(up == 1)')}`;
    await until('fresh samples', async () => {
      const { data } = await vedette.json<{ data: { result: unknown[] } }>(up);
      return data.result.length === 1 ? true : undefined;
    });
    const bytes = residentBytesMax(vedette.pid) ?? 0;
    assert.ok(bytes < RESIDENT_BYTES_MAX, `held ${bytes} bytes, want less than ${RESIDENT_BYTES_MAX}`);
    assert.ok(!/"level":"error"/.test(vedette.stderr()), vedette.stderr());
  });
});

/** Begins requests that never end; what each was told when the server has let all of them go, serving others meanwhile. */
async function crowdOfUnfinishedRequests(
  t: TestContext,
  vedette: VedetteProcess,
): Promise<readonly string[]> {
  const beginnings = Array.from({ length: 100 }, () => talk(t, vedette, 'GET / HTTP/1.1\r\nHo'));
  assert.equal((await vedette.get('/-/healthy')).status, 200);
  return await Promise.all(beginnings);
}

async function refuseExpressions(vedette: VedetteProcess): Promise<void> {
  const check = (query: string, error: RegExp): Promise<void> =>
    assertRefused(vedette, '/api/v1/query', { status: 400, errorType: 'bad_data', error }, form({ query }));
  await check('', /invalid parameter "query": 1:1: parse error: no expression found/);
  await check('(', /1:2: parse error/);
  await check('up\0', /1:3: parse error: unexpected character/);
  await check('('.repeat(100_000), /nested too deeply; want at most 500 levels/);
  await check('-'.repeat(100_000), /nested too deeply; want at most 500 levels/);
  await check(`1${'+1'.repeat(250_000)}`, /nested too deeply; want at most 500 levels/);
  await check('abs('.repeat(100_000), /nested too deeply; want at most 500 levels/);
  await check('a'.repeat(1_000_001), /expression is too long; got 1000001 characters, want at most 1000000/);
  await check(`up{a=~"${'(a+)+'.repeat(50_000)}"}`, /regular expression .* want at most 32768/);
  await check(`up{a=~"${'('.repeat(10_000)}"}`, /cannot parse regular expression/);
  await check('up{a=~"(((a{1,100}){1,100}){1,100})"}', /invalid repeat count/);
  await check('up[1000000y]', /not a valid duration string/);
  const pattern = '(a+)+'.repeat(50_000);
  const error = /^invalid regular expression in label_replace\(\): \(a\+\)/;
  const refused = { status: 422, errorType: 'execution', error };
  await assertRefused(
    vedette,
    '/api/v1/query',
    refused,
    form({ query: `label_replace(up, "a", "", "b", "${pattern}")` }),
  );
}

async function refuseParameters(vedette: VedetteProcess): Promise<void> {
  const check = (path: string, error: RegExp): Promise<void> =>
    assertRefused(vedette, `/api/v1/${path}`, { status: 400, errorType: 'bad_data', error });
  await check('query?query=up&time=yesterday', /invalid parameter "time": .*"yesterday"/);
  await check('query?query=up&time=1e99', /invalid parameter "time"/);
  await check('query?query=up&timeout=-1s', /invalid parameter "timeout": .*"-1s"/);
  await check('query?query=up&limit=-1', /invalid parameter "limit"/);
  await check('query?query=%ff%fe', /unexpected character/);
  await check(
    'query_range?query=up&start=0&end=11001&step=1',
    /exceeded maximum resolution of 11,000 points/,
  );
  await check('query_range?query=up&start=0&end=1e9&step=1e-9', /exceeded maximum resolution/);
  await check('query_range?query=up&start=0&end=1&step=0', /invalid parameter "step": zero or negative/);
  await check('query_range?query=up&start=0&end=1&step=NaN', /invalid parameter "step"/);
  await check('query_range?query=up&start=2&end=1&step=1', /invalid parameter "end"/);
  await check('query_range?query=up', /invalid parameter "start"/);
  await check('series', /no match\[\] parameter/);
  await check('series?match[]=%7B%7D', /invalid parameter "match\[\]"/);
  await check('label/%ff/values', /cannot read the address/);
  await check('rules?type=weird', /invalid parameter "type"/);
  for (const path of ['/..%2f..%2f..%2fetc/passwd', '/assets/..%2f..%2fpackage.json', '/%00'])
    assert.equal((await vedette.get(path)).status, 404, path);
  const { data } = await vedette.json<{ data: unknown }>('/api/v1/label/__proto__/values');
  assert.deepEqual(data, []);
}

async function refuseBodies(t: TestContext, vedette: VedetteProcess): Promise<void> {
  const error = /cannot take the body: it is longer than the limit of 1048576 bytes/;
  const tooLong = { status: 413, errorType: 'bad_data', error };
  await assertRefused(vedette, '/api/v1/query', tooLong, form({ query: 'a'.repeat(2_000_000) }));
  const promised = `POST /api/v1/query ${HEAD}Content-Length: 99999999999\r\n\r\n`;
  assert.match(await talk(t, vedette, promised), /^HTTP\/1\.1 413 /);
  const endless = await talk(t, vedette, (socket) => {
    socket.write(`POST /api/v1/query ${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    pour(socket, Buffer.from(`10000\r\n${'a'.repeat(65_536)}\r\n`), 10_000);
  });
  assert.match(endless, /^HTTP\/1\.1 413 |^$/);
}

async function refuseProtocols(t: TestContext, vedette: VedetteProcess): Promise<void> {
  const check = async (bytes: string, want: RegExp): Promise<void> =>
    assert.match(await talk(t, vedette, bytes), want, JSON.stringify(bytes.slice(0, 60)));
  await check('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /^HTTP\/1\.1 400 /);
  await check(`GET /\0 ${HEAD}\r\n`, /^HTTP\/1\.1 400 /);
  await check('GET / HTTP/1.1\nHost: localhost\n\n', /^HTTP\/1\.1 400 /);
  await check('GET / HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /);
  await check(`GET / ${HEAD}X: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /);
  await check(`GET /${'x'.repeat(20_000)} ${HEAD}\r\n`, /^HTTP\/1\.1 431 /);
  await check(`POST /api/v1/query ${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, /^HTTP\/1\.1 400 /);
  await check(
    `POST /api/v1/query ${HEAD}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET`,
    /^HTTP\/1\.1 400 /,
  );
}
