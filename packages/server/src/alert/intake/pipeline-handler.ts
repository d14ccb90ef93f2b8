/** The first handler of webhooks: puts their alerts into the pipeline. */
import { InputError, type Clock } from '@vedette/model';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import type { AlertPost } from '../alert.ts';
import { fingerprintOf } from '../fingerprint.ts';
import type { AlertPipeline } from '../pipeline.ts';
import { isEcho, withHop, type LoopGuard } from './loop-guard.ts';
import type { WebhookHandler } from './webhook-handlers.ts';
import type { WebhookAlert, WebhookMessage } from './webhook-message.ts';

export interface PipelineHandlerDeps {
  readonly clock: Clock;
  readonly alerts: Pick<AlertPipeline, 'post' | 'find'>;
  readonly guard: LoopGuard;
  /** How long an alert of a source fires that nobody repeats. */
  readonly ttlMsOf: (source: string) => number;
  /** The same for API v1, whose senders repeat alerts every minute. */
  readonly resolveTimeoutMs: () => number;
}

export function createPipelineHandler(deps: PipelineHandlerDeps): WebhookHandler {
  return {
    name: 'alerts',
    handle: async (message) => {
      if (deps.guard.isOwn(message.externalUrl)) throw ownMessage(message);
      const posts: AlertPost[] = [];
      const slicer = new TimeSlicer(deps.clock);
      for (const alert of message.alerts) {
        // A fingerprint takes 10 µs, and a body may have thousands.
        if (slicer.shouldYield()) await slicer.yield();
        if (!isWanted(deps, alert, message)) continue;
        posts.push(
          message.format === 'alerts' ? apiPostOf(deps, alert) : webhookPostOf(deps, alert, message),
        );
      }
      if (posts.length > 0) await deps.alerts.post(posts);
      return { ignoredCount: message.alerts.length - posts.length };
    },
  };
}

function isWanted(
  { clock, alerts, guard }: PipelineHandlerDeps,
  alert: WebhookAlert,
  { format }: WebhookMessage,
): boolean {
  if (guard.isLooped(alert.annotations)) return false;
  // Who posts to API v1 holds its alerts, as who posts to API v2 does: it does not echo them.
  return format === 'alerts' || !isEcho(alert, alerts.find(fingerprintOf(alert.labels)), clock.nowMs());
}

/** It fires until a body says that it is over, or its time is up. */
function webhookPostOf(
  { clock, ttlMsOf }: PipelineHandlerDeps,
  alert: WebhookAlert,
  { source, externalUrl }: WebhookMessage,
): AlertPost {
  const common = { ...commonOf(alert), source, annotations: withHop(alert.annotations, externalUrl) };
  if (alert.status === 'firing')
    return { ...common, status: 'firing', expiry: 'assumed', endsAtMs: clock.nowMs() + ttlMsOf(source) };
  return { ...common, ...endOf(alert, clock), status: 'resolved' };
}

/** Like a post to API v2: its end is what the sender says, or resolve_timeout from now. */
function apiPostOf({ clock, resolveTimeoutMs }: PipelineHandlerDeps, alert: WebhookAlert): AlertPost {
  const common = commonOf(alert);
  if (alert.status === 'resolved') return { ...common, ...endOf(alert, clock), status: 'resolved' };
  if (alert.endsAt === undefined)
    return { ...common, status: 'firing', expiry: 'assumed', endsAtMs: clock.nowMs() + resolveTimeoutMs() };
  return { ...common, ...endOf(alert, clock), status: 'firing', expiry: 'stated' };
}

function commonOf({
  labels,
  annotations,
  generatorUrl,
  startsAt,
}: WebhookAlert): Pick<AlertPost, 'labels' | 'annotations' | 'generatorUrl' | 'startsAtMs' | 'startsAtText'> {
  return { labels, annotations, generatorUrl, startsAtMs: startsAt.ms, startsAtText: startsAt.text };
}

function endOf({ endsAt }: WebhookAlert, clock: Clock): Pick<AlertPost, 'endsAtMs' | 'endsAtText'> {
  return { endsAtMs: endsAt?.ms ?? clock.nowMs(), endsAtText: endsAt?.text };
}

function ownMessage({ externalUrl }: WebhookMessage): InputError {
  return new InputError(
    'VED_WEBHOOK_LOOP',
    `cannot take the alerts: they come from this server itself, since externalURL is ${JSON.stringify(externalUrl)}; take the webhook out of the receivers, or, if it is another server's, set server.external_url there`,
  );
}
