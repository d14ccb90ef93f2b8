/** What `--web.get-concurrency` and `--web.timeout` ask for, around routes of the API, in Alertmanager's words. */
import type { Clock } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { textAnswer, type HttpAnswer, type Route } from '../http/route.ts';

export interface RequestLimits {
  /** GET requests at a time; the next one is answered with 503. */
  readonly getConcurrency: number;
  /** 0 is none. */
  readonly timeoutMs: number;
}

export function limitRequests(
  deps: { readonly clock: Clock; readonly registry: MetricsRegistry },
  limits: RequestLimits,
  routes: readonly Route[],
): readonly Route[] {
  const refusals = deps.registry.counter({
    name: 'vedette_http_concurrency_refusals_total',
    help: 'GET requests of the Alertmanager API refused because as many were at work as may be.',
  });
  let atWork = 0;
  const oneMore = async (handle: () => HttpAnswer | Promise<HttpAnswer>): Promise<HttpAnswer> => {
    if (atWork >= limits.getConcurrency) {
      refusals.inc();
      const text = `Limit of concurrent GET requests reached (${limits.getConcurrency}), try again later.\n\n`;
      return textAnswer(503, text);
    }
    atWork++;
    try {
      return await handle();
    } finally {
      atWork--;
    }
  };
  return routes.map((route) => ({
    ...route,
    handle: (request) => {
      const timed = (): HttpAnswer | Promise<HttpAnswer> =>
        withinTime(deps.clock, limits.timeoutMs, () => route.handle(request));
      return request.method === 'GET' ? oneMore(timed) : timed();
    },
  }));
}

async function withinTime(
  clock: Clock,
  timeoutMs: number,
  handle: () => HttpAnswer | Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  if (timeoutMs === 0) return await handle();
  const over = Promise.withResolvers<HttpAnswer>();
  const text = `Exceeded configured timeout of ${timeoutMs / 1000}s.\n`;
  const timer = clock.setTimer(timeoutMs, () => over.resolve(textAnswer(503, text)));
  try {
    return await Promise.race([handle(), over.promise]);
  } finally {
    timer.cancel();
  }
}
