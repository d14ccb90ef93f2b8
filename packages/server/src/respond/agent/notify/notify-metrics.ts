import type { MetricsRegistry } from '@vedette/sdk';

/** Why a report was not sent although a tier is for it. */
export const HELD_BACK_REASONS = [
  'repeated',
  'resolved',
  'muted',
  'brake',
  'queue',
  'receiver',
  'stale',
  'storage',
] as const;
export type HeldBackReason = (typeof HELD_BACK_REASONS)[number];

export interface NotifyMetrics {
  sent(outcome: 'delivered' | 'failed'): void;
  heldBack(reason: HeldBackReason): void;
}

export function createNotifyMetrics(registry: MetricsRegistry): NotifyMetrics {
  const sent = registry.counter({
    name: 'vedette_agent_reports_sent_total',
    help: 'Reports of the agent that were sent to a receiver, each once; failed are those that reached none of its channels.',
    labelNames: ['outcome'],
  });
  const heldBack = registry.counter({
    name: 'vedette_agent_reports_held_back_total',
    help: 'Reports of the agent that were not sent although a tier is for them.',
    labelNames: ['reason'],
  });
  for (const outcome of ['delivered', 'failed']) sent.inc(0, outcome);
  for (const reason of HELD_BACK_REASONS) heldBack.inc(0, reason);
  return { sent: (outcome) => sent.inc(1, outcome), heldBack: (reason) => heldBack.inc(1, reason) };
}
