/**
 * Alerts that other programs announce by webhook: Alertmanager, Grafana, anything that speaks like them.
 *
 *     body → parse → handlers (the alert pipeline, later the guard) → answer
 *
 * 1. The name in the path is the source: it decides the TTL, and says in the API who announced an alert. Identity is
 *    the labels alone, recomputed here, so that two senders of one alert make one alert.
 * 2. A webhook says that something began and, hours later, that it ended. An alert fires until then; every repetition
 *    prolongs it by the TTL, since one message can be lost for good. After the TTL it is stale: it ends like an alert
 *    whose sender fell silent (receivers hear that it is resolved, and nothing in it tells the two apart, for its
 *    labels must stay what they are), and `GET /api/vedette/alert-sources` shows it as stale for a day.
 * 3. What comes back to us is recognised: `loop-guard.ts`.
 */
import { InputError, labelsToRecord, type Clock } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import type { Log } from '../../telemetry/log.ts';
import { isResolvedAt, isStaleAt, type Alert } from '../alert.ts';
import type { AlertPipeline } from '../pipeline.ts';
import { ttlMsOf, type AlertIntakeConfig } from './config.ts';
import { createLoopGuard, type LoopGuard } from './loop-guard.ts';
import { parseWebhook } from './parse-webhook.ts';
import { createPipelineHandler } from './pipeline-handler.ts';
import { WebhookHandlers, type HandlersOutcome, type WebhookHandler } from './webhook-handlers.ts';

// One Alertmanager or Grafana each; a hundred are a large company, more are names made up by a faulty sender.
export const ALERT_SOURCES_MAX = 100;

/** Stale alerts that one source shows, the latest first; more are a number. */
export const STALE_SHOWN_MAX = 100;

export interface WebhookIntakeDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  readonly alerts: Pick<AlertPipeline, 'post' | 'find' | 'alerts'>;
}

export interface WebhookIntakeOptions {
  /** Where links in our own messages lead. */
  readonly externalUrl: string;
  /** The section as it is now. */
  readonly config: () => AlertIntakeConfig;
  /** How long an alert of API v1 fires that nobody repeats. */
  readonly resolveTimeoutMs: () => number;
}

export interface TakenWebhook extends HandlersOutcome {
  readonly alertCount: number;
}

/** What is known of one sender; times in ms since 1970. */
export interface AlertSourceStatus {
  readonly name: string;
  readonly ttlMs: number;
  /** `undefined`: nothing came since the start. */
  readonly lastReceivedAtMs: number | undefined;
  readonly firingCount: number;
  readonly staleCount: number;
  readonly stale: readonly StaleAlert[];
}

export interface StaleAlert {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startsAtMs: number;
  readonly staleSinceMs: number;
}

export interface WebhookIntake {
  readonly guard: LoopGuard;
  /** Takes one body. Rejects with `InputError` when it never will, `UnavailableError` when it may later. */
  receive(source: string, body: Uint8Array): Promise<TakenWebhook>;
  /** Another handler from now on. */
  register(handler: WebhookHandler): void;
  /** Sorted by name. */
  sources(): readonly AlertSourceStatus[];
}

export function createWebhookIntake(deps: WebhookIntakeDeps, options: WebhookIntakeOptions): WebhookIntake {
  const { clock } = deps;
  const log = deps.log.child('webhooks');
  const metrics = createWebhookMetrics(deps.metrics);
  const guard = createLoopGuard(options.externalUrl);
  const handlers = new WebhookHandlers({ clock, log });
  const lastReceivedAtMs = new Map<string, number>();
  const ttlOf = (source: string): number => ttlMsOf(options.config(), source);
  handlers.register(
    createPipelineHandler({ ...deps, guard, ttlMsOf: ttlOf, resolveTimeoutMs: options.resolveTimeoutMs }),
  );
  const take = async (source: string, body: Uint8Array): Promise<TakenWebhook> => {
    const message = await parseWebhook(body, { source, nowMs: clock.nowMs(), slicer: new TimeSlicer(clock) });
    assertRoomFor(source, lastReceivedAtMs);
    lastReceivedAtMs.set(source, clock.nowMs());
    if (message.truncatedCount > 0)
      log.warn('a sender left alerts out of its message; raise max_alerts there', {
        source,
        count: message.truncatedCount,
      });
    return { alertCount: message.alerts.length, ...(await handlers.dispatch(message)) };
  };
  return {
    guard,
    register: (handler) => handlers.register(handler),
    receive: async (source, body) => {
      try {
        const taken = await take(source, body);
        metrics.taken(taken);
        return taken;
      } catch (error) {
        metrics.refused(error instanceof InputError);
        throw error;
      }
    },
    sources: () => {
      const alerts = Map.groupBy(deps.alerts.alerts(), ({ source }) => source ?? '');
      alerts.delete('');
      const names = new Set([...alerts.keys(), ...lastReceivedAtMs.keys()]);
      return [...names].sort().map((name) => ({
        name,
        ttlMs: ttlOf(name),
        lastReceivedAtMs: lastReceivedAtMs.get(name),
        ...countsOf(alerts.get(name) ?? [], clock.nowMs()),
      }));
    },
  };
}

function countsOf(
  alerts: readonly Alert[],
  nowMs: number,
): Pick<AlertSourceStatus, 'firingCount' | 'staleCount' | 'stale'> {
  const stale = alerts
    .filter((alert) => isStaleAt(alert, nowMs))
    .map(({ fingerprint, labels, startsAt, endsAt }) => ({
      fingerprint,
      labels: labelsToRecord(labels),
      startsAtMs: startsAt.ms,
      staleSinceMs: endsAt?.ms ?? nowMs,
    }))
    .sort((a, b) => b.staleSinceMs - a.staleSinceMs);
  return {
    firingCount: alerts.filter((alert) => !isResolvedAt(alert, nowMs)).length,
    staleCount: stale.length,
    stale: stale.slice(0, STALE_SHOWN_MAX),
  };
}

function assertRoomFor(source: string, known: ReadonlyMap<string, number>): void {
  if (known.has(source) || known.size < ALERT_SOURCES_MAX) return;
  throw new InputError(
    'VED_BODY_INVALID',
    `cannot take the alerts of source ${JSON.stringify(source)}: ${known.size} sources have sent alerts since the start, the limit is ${ALERT_SOURCES_MAX}; use one of their names`,
  );
}

interface WebhookMetrics {
  taken(webhook: TakenWebhook): void;
  refused(isSendersFault: boolean): void;
}

function createWebhookMetrics(registry: MetricsRegistry): WebhookMetrics {
  const bodies = registry.counter({
    name: 'vedette_alert_webhooks_total',
    help: 'Alert webhooks received, by what became of them.',
    labelNames: ['outcome'],
  });
  const alerts = registry.counter({
    name: 'vedette_alert_webhook_alerts_total',
    help: 'Alerts in webhooks that were taken; ignored ones came back from here, or are held by somebody else.',
    labelNames: ['outcome'],
  });
  for (const outcome of ['taken', 'refused', 'failed']) bodies.inc(0, outcome);
  for (const outcome of ['taken', 'ignored']) alerts.inc(0, outcome);
  return {
    taken: ({ alertCount, ignoredCount }) => {
      bodies.inc(1, 'taken');
      alerts.inc(alertCount - ignoredCount, 'taken');
      alerts.inc(ignoredCount, 'ignored');
    },
    refused: (isSendersFault) => bodies.inc(1, isSendersFault ? 'refused' : 'failed'),
  };
}
