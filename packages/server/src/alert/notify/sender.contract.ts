/** For tests: what every channel that speaks HTTP makes of a troubled other side. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, type VirtualClock } from '@vedette/model';
import { alertOf } from '../alert.ts';
import type { FakeService } from './fake-service.ts';
import { exampleNotification } from './receiver.contract.ts';
import type { Notification, Receiver, SendResult } from './receiver.ts';

export interface SenderFixture {
  readonly receiver: Receiver;
  /** What the receiver takes its timeout from; 3 s must be configured. */
  readonly clock: VirtualClock;
  readonly service: FakeService;
  /** None of which an error may show. */
  readonly secrets: readonly string[];
}

/** A notification with texts that try to be more than texts. */
export function hostileNotification(value: string, more: Partial<Notification> = {}): Notification {
  const post = {
    status: 'firing' as const,
    labels: labelsOf({ alertname: 'Hostile', evil: value, [`${value.slice(0, 50)}`]: 'name' }),
    annotations: labelsOf({ summary: value, description: value }),
    startsAtMs: 1_700_000_000_000,
    endsAtMs: 0,
    generatorUrl: `http://prometheus.test/graph?g0.expr=${value.slice(0, 50)}`,
  };
  return exampleNotification({ alerts: [alertOf(post, 1_700_000_000_000)], ...more });
}

/** Each kind of hostility once; the longest is longer than any channel's limit. */
export const HOSTILE_VALUES: readonly string[] = [
  '<!channel> & <https://evil.example|click here> <@U123>',
  '<at id=all></at> [click](https://evil.example) **bold** ![](https://evil.example/x.png)',
  'NUL \u0000, bell \u0007, \u2028 separator, \ud800 half a pair, \ufdd0 stand-in, \ufdd5',
  '"quoted" \\back\\slash {{ .Labels }} {"json": true}',
  'line\n# heading\r\n> quote\n- list',
  '<'.repeat(100_000),
  '🙂'.repeat(25_000),
];

export function senderContract(
  name: string,
  use: (run: (sender: SenderFixture) => Promise<void>) => Promise<void>,
): void {
  const never = new AbortController().signal;
  const failureOf = (result: SendResult): Extract<SendResult, { kind: 'failed' }> => {
    assert.ok(result.kind === 'failed', result.kind);
    return result;
  };

  test(`${name}: 429 is tried again when Retry-After says so`, () =>
    use(async ({ receiver, service }) => {
      service.script({ status: 429, headers: { 'Retry-After': '30' }, body: 'slow down' });
      const failed = failureOf(await receiver.send(exampleNotification(), never));
      assert.deepEqual(
        [failed.isRetriable, failed.retryAfterMs, failed.category],
        [true, 30_000, 'rateLimited'],
      );
    }));

  test(`${name}: 5xx and a connection that is reset are tried again, 404 and a redirect are final`, () =>
    use(async ({ receiver, service }) => {
      service.script({ status: 503 }, 'reset', { status: 404 }, { status: 302, headers: { Location: '/x' } });
      const seen: [boolean, string][] = [];
      for (let i = 0; i < 4; i++) {
        const { isRetriable, category } = failureOf(await receiver.send(exampleNotification(), never));
        seen.push([isRetriable, category]);
      }
      assert.deepEqual(seen, [
        [true, 'serverError'],
        [true, 'network'],
        [false, 'clientError'],
        [false, 'other'],
      ]);
      assert.equal(service.taken.length, 0);
    }));

  test(`${name}: an other side that hangs is given up after the timeout`, () =>
    use(async ({ receiver, service, clock }) => {
      service.script('hang');
      const arrived = service.nextRequest();
      const sending = receiver.send(exampleNotification(), never);
      await arrived;
      await clock.advance(3000);
      const { isRetriable, category } = failureOf(await sending);
      assert.deepEqual([isRetriable, category, clock.pendingTimerCount], [true, 'deadline', 0]);
    }));

  test(`${name}: an other side that repeats what it was asked with learns no secret to the log`, () =>
    use(async ({ receiver, service, secrets }) => {
      for (const secret of secrets) {
        // The last one stands where the text is cut for people.
        const body = `bad ${secret} and ${encodeURIComponent(secret)}`.padEnd(298, '.') + secret;
        service.script({ status: 400, body });
        const { error } = failureOf(await receiver.send(exampleNotification(), never));
        assert.ok(error.includes('<secret>'), error);
        for (const one of secrets) assert.ok(!error.includes(one), `${error} shows ${one}`);
        assert.ok(!error.endsWith(secret.slice(0, 2)), error);
      }
      await service.close();
      const { error } = failureOf(await receiver.send(exampleNotification(), never));
      for (const one of secrets) assert.ok(!error.includes(one), `${error} shows ${one}`);
    }));

  test(`${name}: hostile texts of any length are taken`, () =>
    use(async ({ receiver, service }) => {
      for (const value of HOSTILE_VALUES) {
        const result = await receiver.send(hostileNotification(value), never);
        assert.equal(result.kind, 'delivered', value.slice(0, 50));
        assert.equal(result.answer?.status, 200);
      }
      assert.equal(service.taken.length, HOSTILE_VALUES.length);
    }));
}
