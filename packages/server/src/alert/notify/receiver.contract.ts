import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '@vedette/model';
import { alertOf, type Alert, type AlertPost } from '../alert.ts';
import type { Notification, Receiver } from './receiver.ts';

export interface ReceiverFixture {
  readonly receiver: Receiver;
  /** How many messages the other side took. */
  readonly arrivedCount: () => number;
  /** Makes the other side refuse the connection; `undefined` where there is no other side to fail. */
  readonly breakOff: (() => Promise<void>) | undefined;
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
