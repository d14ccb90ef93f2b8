import { formatDurationMs, TimeoutError, type Clock } from '@vedette/model';
import { startDeadline } from '../../../lib/deadline.ts';
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
  const error = (): Error =>
    new TimeoutError(
      'VED_QUERY_TIMEOUT',
      `${api.url} does not answer within ${formatDurationMs(timeoutMs)}; ask for a shorter range or fewer series, or ${remedy}`,
    );
  return {
    url: api.url,
    call: async (request, read, signal) => {
      using deadline = startDeadline({ clock }, { afterMs: timeoutMs, error, signal });
      return await api.call(request, read, deadline.signal);
    },
  };
}
