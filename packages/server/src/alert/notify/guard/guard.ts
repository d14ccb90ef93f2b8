/**
 * Alerts about users, told to the guard in this process: what `POST /webhooks/alertmanager/user-behavior` does for an
 * Alertmanager elsewhere, without the way through HTTP. The guard judges each alert by its labels, bears to see one
 * twice, and passes over those that name nobody.
 */
import { InputError } from '@vedette/model';
import type { Alert } from '../../alert.ts';
import type { WebhookHandler } from '../../intake/webhook-handlers.ts';
import { USER_BEHAVIOR_SOURCE, type WebhookAlert } from '../../intake/webhook-message.ts';
import type { Receiver, SendResult } from '../receiver.ts';
import type { SenderOptions } from '../sender.ts';
import type { GuardReceiverConfig } from './config.ts';

export interface GuardSenderDeps {
  readonly externalUrl: string;
  /** The guard; made when the first alert comes. */
  readonly guard: () => Promise<Pick<WebhookHandler, 'handle'>>;
}

export function createGuardSender(
  { guard, externalUrl }: GuardSenderDeps,
  { name, index, config }: SenderOptions<GuardReceiverConfig>,
): Receiver {
  return {
    name,
    index,
    sendsResolved: config.send_resolved,
    integration: 'guard',
    send: async ({ alerts, prepared }, signal): Promise<SendResult> => {
      if (prepared !== undefined) return NO_MESSAGES;
      try {
        const handler = await guard();
        await handler.handle(
          {
            source: USER_BEHAVIOR_SOURCE,
            format: 'alertmanager',
            externalUrl,
            alerts: alerts.map(webhookAlertOf),
            truncatedCount: 0,
          },
          signal,
        );
        return { kind: 'delivered' };
      } catch (error) {
        const isFinal = error instanceof InputError;
        return { kind: 'failed', isRetriable: !isFinal, category: 'other', error: reasonOf(error) };
      }
    },
  };
}

/** It acts on alerts, and a message about them would make it act once more. */
const NO_MESSAGES: SendResult = {
  kind: 'failed',
  isRetriable: false,
  category: 'other',
  error: 'cannot send a message to the guard: it acts on alerts and reads nothing else',
};

function webhookAlertOf({ labels, annotations, startsAt, endsAt, generatorUrl }: Alert): WebhookAlert {
  const status = endsAt === undefined ? 'firing' : 'resolved';
  return { status, labels, annotations, startsAt, endsAt, generatorUrl };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
