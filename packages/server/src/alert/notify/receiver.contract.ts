import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '@vedette/model';
import { alertOf, type Alert, type AlertPost } from '../alert.ts';
import type { PreparedMessage } from './prepared-message.ts';
import type { Notification, Receiver } from './receiver.ts';

export interface ReceiverFixture {
  readonly receiver: Receiver;
  /** How many messages the other side took. */
  readonly arrivedCount: () => number;
  /** Makes the other side refuse the connection; `undefined` where there is no other side to fail. */
  readonly breakOff: (() => Promise<void>) | undefined;
  /** It acts on alerts, and must do nothing for a message about them. */
  readonly isActing?: boolean;
}

export function exampleAlert(name: string, more: { endsAtMs?: number } = {}): Alert {
  const post: AlertPost = {
    status: more.endsAtMs === undefined ? 'firing' : 'resolved',
    labels: labelsOf({ alertname: name, job: 'api' }),
    annotations: labelsOf({ summary: `${name} is bad` }),
    startsAtMs: 1_700_000_000_000,
    endsAtMs: more.endsAtMs ?? 0,
    generatorUrl: 'http://vedette.test/graph',
  };
  return alertOf(post, 1_700_000_000_000);
}

export function exampleNotification(more: Partial<Notification> = {}): Notification {
  return {
    id: '00000000-0000-4000-8000-000000000000',
    receiver: 'ops',
    groupKey: '{}:{alertname="A"}',
    groupLabels: labelsOf({ alertname: 'A' }),
    status: 'firing',
    alerts: [exampleAlert('A')],
    reason: 'first notification',
    receiverData: {},
    ...more,
  };
}

/** Words that stand, in every form. */
export function preparedExample(more: Partial<PreparedMessage> = {}): PreparedMessage {
  const link = 'http://vedette.test/alerts?filter=x';
  return {
    title: 'P1 critical: A',
    text: 'P1 critical: A\nIt is <b>bad</b> & worse.\n\nSince  2023-11-14 22:13:20 UTC\n',
    note: 'It is bad.\n\nSince  2023-11-14 22:13:20 UTC\n',
    brief: 'It is bad.\n',
    link,
    path: '/alerts?filter=x',
    isFollowUp: true,
    slackBlocks: [{ type: 'header', text: { type: 'plain_text', text: 'P1 critical: A', emoji: false } }],
    feishuCard: {
      config: { wide_screen_mode: true },
      header: { title: { tag: 'plain_text', content: 'P1 critical: A' }, template: 'red' },
      elements: [
        { tag: 'markdown', content: '**It is bad.**' },
        { tag: 'hr' },
        { tag: 'note', elements: [{ tag: 'plain_text', content: 'n' }] },
        {
          tag: 'action',
          actions: [
            { tag: 'button', text: { tag: 'plain_text', content: 'Open' }, url: link, type: 'primary' },
          ],
        },
      ],
    },
    dingtalkCard: {
      title: 'P1 critical: A',
      text: '### A\n\nIt is bad.',
      btnOrientation: '0',
      btns: [{ title: 'Open', actionURL: link }],
    },
    details: { analysis: { id: 'r1', headline: 'It is <bad>.' } },
    ...more,
  };
}

export const preparedNotification = (more: Partial<PreparedMessage> = {}): Notification =>
  exampleNotification({ reason: 'analysis', prepared: preparedExample(more) });

/** What every `Receiver` promises. */
export function receiverContract(
  name: string,
  use: (run: (fixture: ReceiverFixture) => Promise<void>) => Promise<void>,
): void {
  const signal = (): AbortSignal => new AbortController().signal;

  test(`${name}: a notification arrives`, () =>
    use(async ({ receiver, arrivedCount }) => {
      const { kind } = await receiver.send(exampleNotification(), signal());
      assert.deepEqual([kind, arrivedCount()], ['delivered', 1]);
    }));

  test(`${name}: resolved alerts and hostile texts are taken`, () =>
    use(async ({ receiver }) => {
      const alerts = [exampleAlert('</b>"\n\u0000\u2028', { endsAtMs: 1_700_000_001_000 })];
      const result = await receiver.send(exampleNotification({ status: 'resolved', alerts }), signal());
      assert.equal(result.kind, 'delivered');
    }));

  test(`${name}: a prepared message arrives once and is judged as any other`, () =>
    use(async ({ receiver, arrivedCount, breakOff, isActing = false }) => {
      const result = await receiver.send(preparedNotification(), signal());
      if (isActing) {
        assert.ok(
          result.kind === 'failed' && !result.isRetriable && result.error.startsWith('cannot send a message'),
        );
        return assert.equal(arrivedCount(), 0);
      }
      assert.deepEqual([result.kind, arrivedCount()], ['delivered', 1]);
      if (breakOff === undefined) return;
      await breakOff();
      const failed = await receiver.send({ ...preparedNotification(), id: 'another' }, signal());
      assert.ok(failed.kind === 'failed' && failed.isRetriable);
    }));

  test(`${name}: calls may overlap`, () =>
    use(async ({ receiver, arrivedCount }) => {
      const groups = ['a', 'b', 'c', 'd'].map((id) => ({ id, groupKey: `{}:{alertname="${id}"}` }));
      await Promise.all(groups.map((more) => receiver.send(exampleNotification(more), signal())));
      assert.equal(arrivedCount(), groups.length);
    }));

  test(`${name}: a broken other side is a result that may be retried, no rejection`, () =>
    use(async ({ receiver, breakOff }) => {
      if (breakOff === undefined) return;
      await breakOff();
      const result = await receiver.send(exampleNotification(), signal());
      assert.equal(result.kind, 'failed');
      assert.ok(result.kind === 'failed' && result.isRetriable && result.error !== '');
    }));

  test(`${name}: an aborted signal ends the call with a result`, () =>
    use(async ({ receiver }) => {
      const aborted = AbortSignal.abort(new Error('too late'));
      const result = await receiver.send(exampleNotification(), aborted);
      assert.ok(result.kind === 'delivered' || result.isRetriable);
    }));
}
