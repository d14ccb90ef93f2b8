import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import type { PrometheusApi } from '../../../store/metrics/port.ts';
import { jsonAnswer, type HttpRequest, type Route } from '../../http/route.ts';
import { invalidParameter } from '../../prometheus-api/api-error.ts';
import { withDeadline } from './deadline-api.ts';
import { createInProcessApi, TOOL_SOURCE_BYTES_MAX } from './in-process-api.ts';

const NEVER = new AbortController().signal;

function routeOf(path: string, handle: Route['handle'], access: Route['access'] = 'viewer'): Route {
  return { surface: 'prometheus-api', methods: ['GET'], path, access, errors: 'json', handle };
}

const apiOver = (...routes: readonly Route[]): PrometheusApi =>
  createInProcessApi(routes, { kind: 'token', name: 'bot', role: 'viewer' });

const readAll = async (api: PrometheusApi, path: string, signal = NEVER): Promise<unknown> =>
  (await api.call({ path, method: 'GET' }, (cursor) => cursor.readValue(), signal)).data;

test('the route answers with its parameters decoded, as the caller asks it', async () => {
  const asked: HttpRequest[] = [];
  const api = apiOver(
    routeOf('/api/v1/label/:name/values', (request) => {
      asked.push(request);
      return jsonAnswer(200, { status: 'success', data: ['x'] });
    }),
  );
  assert.deepEqual(await readAll(api, '/api/v1/label/a%2Fb/values'), ['x']);
  assert.deepEqual(
    asked.map(({ params, role, remoteAddress }) => [params, role, remoteAddress]),
    [[{ name: 'a/b' }, 'viewer', 'mcp token:bot']],
  );
});

test('a route for others is not asked, nor is one outside of the API, and what is there is said', async () => {
  const never = (): never => assert.fail('asked');
  const api = apiOver(
    routeOf('/api/v1/status/config', never, 'operator'),
    routeOf('/api/v1/open', never, 'open'),
    routeOf('/metrics', never),
  );
  await assert.rejects(readAll(api, '/api/v1/status/config'), /needs the role operator/);
  await assert.rejects(readAll(api, '/api/v1/open'), /needs the role open/);
  await assert.rejects(readAll(api, '/metrics'), /does not answer GET \/metrics/);
});

test('an answer is read no further than its limit, and no longer than somebody waits', async () => {
  let pieceCount = 0;
  async function* pieces(): AsyncIterable<Uint8Array> {
    for (;;) {
      pieceCount++;
      yield await Promise.resolve(Buffer.alloc(2 ** 20, 0x20));
    }
  }
  const api = apiOver(routeOf('/api/v1/labels', () => ({ status: 200, body: pieces() })));
  await assert.rejects(readAll(api, '/api/v1/labels'), { code: 'VED_QUERY_TOO_LARGE' });
  assert.equal(pieceCount, TOOL_SOURCE_BYTES_MAX / 2 ** 20 + 1);
  await assert.rejects(readAll(api, '/api/v1/labels', AbortSignal.abort(new Error('gone'))), /gone/);
});

test('a parameter that a tool does not have is not named in its errors', async () => {
  const api = apiOver(
    routeOf('/api/v1/query', () => {
      throw invalidParameter('query', 'unexpected end of input');
    }),
  );
  await assert.rejects(readAll(api, '/api/v1/query'), { message: 'unexpected end of input' });
});

test('a Prometheus that does not answer in time is told to stop, and the error says what to do', async () => {
  const clock = new VirtualClock({ startMs: 0 });
  const silent: PrometheusApi = {
    url: 'http://slow',
    call: (_request, _read, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
      ),
  };
  const api = withDeadline(silent, { clock, timeoutMs: 5000, remedy: 'raise the limit' });
  const late = assert.rejects(readAll(api, '/api/v1/query'), {
    code: 'VED_QUERY_TIMEOUT',
    message: /^http:\/\/slow does not answer within 5s; .* or raise the limit$/,
  });
  await clock.advance(5000);
  await late;
  const caller = new AbortController();
  const gone = assert.rejects(readAll(api, '/api/v1/query', caller.signal), /went away/);
  caller.abort(new Error('went away'));
  await gone;
  assert.equal(clock.pendingTimerCount, 0);
});
