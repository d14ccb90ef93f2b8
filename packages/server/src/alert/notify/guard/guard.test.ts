import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, UnavailableError } from '@vedette/model';
import type { WebhookMessage } from '../../intake/webhook-message.ts';
import type { Receiver } from '../receiver.ts';
import { exampleAlert, exampleNotification, receiverContract } from '../receiver.contract.ts';
import { createGuardSender } from './guard.ts';

const OPTIONS = { name: 'guard', index: 0, config: { send_resolved: true } };

function senderTo(take: (message: WebhookMessage) => void): Receiver {
  const handle = async (message: WebhookMessage): Promise<{ ignoredCount: number }> => {
    take(message);
    return { ignoredCount: 0 };
  };
  return createGuardSender({ externalUrl: 'http://vedette.test', guard: async () => ({ handle }) }, OPTIONS);
}

receiverContract('guard', async (run) => {
  let arrived = 0;
  await run({
    receiver: senderTo(() => void arrived++),
    arrivedCount: () => arrived,
    breakOff: undefined,
    isActing: true,
  });
});

test('alerts reach the guard as by webhook, each with its own state', async () => {
  const messages: WebhookMessage[] = [];
  const alerts = [exampleAlert('A'), exampleAlert('B', { endsAtMs: 1_700_000_060_000 })];
  const receiver = senderTo((message) => void messages.push(message));
  await receiver.send(exampleNotification({ alerts }), new AbortController().signal);
  const [message] = messages;
  assert.equal(message?.source, 'user-behavior');
  assert.deepEqual(
    message.alerts.map(({ status, startsAt }) => [status, startsAt.ms]),
    [
      ['firing', 1_700_000_000_000],
      ['resolved', 1_700_000_000_000],
    ],
  );
});

test('what the guard cannot take now is tried again; what it never will is not', async () => {
  const cases: [Error, boolean][] = [
    [new UnavailableError('VED_STATE_UNAVAILABLE', 'later'), true],
    [new InputError('VED_GUARD_INVALID', 'never'), false],
    [new Error('a mistake'), true],
  ];
  for (const [error, isRetriable] of cases) {
    const receiver = senderTo(() => {
      throw error;
    });
    const result = await receiver.send(exampleNotification(), new AbortController().signal);
    assert.deepEqual(result, { kind: 'failed', isRetriable, category: 'other', error: error.message });
  }
});
