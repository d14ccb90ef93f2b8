import { labelValueOf } from '@vedette/model';
import type { Log } from '../telemetry/log.ts';
import type { AlertLimit, AlertMetrics } from './alert-metrics.ts';
import type { Alert } from './alert.ts';

/** Alerts of one post that were refused: counted one by one, told in one line per limit. */
export class Refusals {
  readonly #byLimit = new Map<AlertLimit, { count: number; readonly example: string }>();

  add(limit: AlertLimit, alert: Alert): void {
    const refused = this.#byLimit.get(limit);
    if (refused !== undefined) refused.count++;
    else this.#byLimit.set(limit, { count: 1, example: labelValueOf(alert.labels, 'alertname') });
  }

  report(log: Log, metrics: AlertMetrics): void {
    for (const [limit, { count, example }] of this.#byLimit) {
      metrics.limited(limit, count);
      log.error('alerts were refused at a limit; nobody will be told of them', { limit, count, example });
    }
  }
}
