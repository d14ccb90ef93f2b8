/**
 * Keeps a notification of ours that comes back from being told again, for ever.
 *
 * Two servers that send to each other, or a server and an Alertmanager, can keep an alert alive by telling it each
 * other long after it ended. Three looks, the cheapest first:
 *
 * 1. A body whose `externalURL` is our own is our own message: refused as a whole, with 400, so that whoever
 *    configured it reads why in the log of deliveries.
 * 2. An alert that comes by webhook gets the annotation `vedette_via`: the addresses of those it came through, the
 *    last one at the end. Annotations are all that survives other programs on the way, and restarts. One that names
 *    us has been here; one with too many hops runs in a circle of servers that do not know their own address. Both
 *    are passed over, also when they come through API v2.
 * 3. An alert that our own detectors hold, or that was posted to us directly, belongs to whoever does that: an echo
 *    of it from a webhook neither prolongs nor ends it, and one that began before it ended does not bring it back.
 *
 * Rejected: a mark in labels (another label makes another alert, and routes differ); a header or a field beside the
 * alerts (an Alertmanager on the way drops both); remembering what we sent (a restart, or a longer memory elsewhere,
 * lets the circle close). The price: two servers that both leave `server.external_url` unset on a loopback address
 * have the same address; then the refusal names the setting.
 */
import { labelValueOf, withLabel, type Labels } from '@vedette/model';
import { isResolvedAt, type Alert } from '../alert.ts';
import type { WebhookAlert } from './webhook-message.ts';

/** The annotation with the way of an alert. */
export const VIA_ANNOTATION = 'vedette_via';

/** Longer than any chain that people build: site to region to headquarters are two. */
export const VIA_HOPS_MAX = 8;

/** Addresses of senders are kept up to this length: they are claims, and stand in messages. */
const URL_CHARS_MAX = 256;

export interface LoopGuard {
  /** Whether an address that a sender gives for itself is our own. */
  isOwn(externalUrl: string): boolean;
  /** Whether an alert with these annotations has been here, or has come through too many. */
  isLooped(annotations: Labels): boolean;
}

export function createLoopGuard(ownUrl: string): LoopGuard {
  const own = normalized(ownUrl);
  return {
    isOwn: (externalUrl) => normalized(externalUrl) === own,
    isLooped: (annotations) => {
      const hops = hopsOf(annotations);
      return hops.length >= VIA_HOPS_MAX || hops.includes(own);
    },
  };
}

/** The annotations with the sender as the last hop; unchanged when it does not say who it is. */
export function withHop(annotations: Labels, externalUrl: string): Labels {
  const sender = normalized(externalUrl);
  const hops = hopsOf(annotations);
  if (sender === '' || hops.at(-1) === sender) return annotations;
  return withLabel(annotations, VIA_ANNOTATION, [...hops, sender].join(' '));
}

/** Whether a webhook tells of an alert that somebody else holds here, or held when the told one began. */
export function isEcho(told: WebhookAlert, known: Alert | undefined, nowMs: number): boolean {
  if (known === undefined || known.source !== undefined) return false;
  if (!isResolvedAt(known, nowMs)) return true;
  return told.startsAt.ms <= (known.endsAt?.ms ?? nowMs);
}

function hopsOf(annotations: Labels): readonly string[] {
  return labelValueOf(annotations, VIA_ANNOTATION)
    .split(' ')
    .filter((hop) => hop !== '');
}

/** Without what makes equal addresses look different, and without spaces, which separate hops. */
function normalized(url: string): string {
  return url.trim().replaceAll(/\s/g, '%20').slice(0, URL_CHARS_MAX).replace(/\/+$/, '').toLowerCase();
}
