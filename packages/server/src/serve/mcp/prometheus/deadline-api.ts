import { abortWith, formatDurationMs, TimeoutError, type Clock } from '@vedette/model';
import type { PrometheusApi } from '../../../store/metrics/port.ts';

/** The same API, which gives up a request after a time and says so: a host that gives up itself says nothing of why. */
export function withDeadline(
  api: PrometheusApi,
  {
    clock,
    timeoutMs,
    remedy,
  }: { readonly clock: Clock; readonly timeoutMs: number; readonly remedy: string },
): PrometheusApi {
  return {
    url: api.url,
    call: async (request, read, signal) => {
      const deadline = new AbortController();
      const end = abortWith(deadline, signal);
      const timer = clock.setTimer(timeoutMs, () =>
        deadline.abort(
          new TimeoutError(
            'VED_QUERY_TIMEOUT',
            `${api.url} does not answer within ${formatDurationMs(timeoutMs)}; ask for a shorter range or fewer series, or ${remedy}`,
          ),
        ),
      );
      try {
        return await api.call(request, read, deadline.signal);
      } finally {
        timer.cancel();
        end();
      }
    },
  };
}
