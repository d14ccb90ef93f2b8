import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { textAnswer, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { limitRequests, type RequestLimits } from './request-limits.ts';

const clock = new VirtualClock({ startMs: 0 });

/** A route whose handler waits until it is told to go on. */
function waitingRoute(limits: RequestLimits) {
  const waiting: (() => void)[] = [];
  const inner: Route = {
    surface: 'alertmanager-api',
    methods: ['GET', 'POST'],
    path: '/x',
    access: 'viewer',
    errors: 'text',
    handle: () =>
      new Promise<HttpAnswer>((resolve) => void waiting.push(() => resolve(textAnswer(200, 'done')))),
  };
  const [route] = limitRequests({ clock, registry: createMetricsRegistry() }, limits, [inner]);
  const ask = async (method: string): Promise<HttpAnswer> =>
    (await route?.handle({ method } as HttpRequest)) ?? assert.fail();
  return { ask, waiting };
}

test('of as many GET requests as may be the next one is refused; others are not counted', async () => {
  const { ask, waiting } = waitingRoute({ getConcurrency: 2, timeoutMs: 0 });
  const running = [ask('GET'), ask('GET'), ask('POST')];
  const refused = await ask('GET');
  assert.deepEqual(
    [refused.status, refused.body],
    [503, 'Limit of concurrent GET requests reached (2), try again later.\n\n'],
  );
  for (const goOn of waiting) goOn();
  assert.deepEqual(
    (await Promise.all(running)).map(({ status }) => status),
    [200, 200, 200],
  );
  const next = ask('GET');
  waiting.at(-1)?.();
  assert.equal((await next).status, 200);
});

test('a request that takes longer than it may is answered with 503, and its timer ends with it', async () => {
  const { ask, waiting } = waitingRoute({ getConcurrency: 1, timeoutMs: 1500 });
  const late = ask('GET');
  await clock.advance(1500);
  assert.deepEqual([(await late).status, (await late).body], [503, 'Exceeded configured timeout of 1.5s.\n']);
  const quick = ask('GET');
  waiting.at(-1)?.();
  assert.equal((await quick).status, 200);
  assert.equal(clock.pendingTimerCount, 0);
});
