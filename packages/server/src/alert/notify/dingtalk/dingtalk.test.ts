import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeService } from '../fake-service.ts';
import { feishuSign } from '../feishu/feishu.ts';
import {
  exampleNotification,
  preparedExample,
  preparedNotification,
  receiverContract,
} from '../receiver.contract.ts';
import type { Receiver } from '../receiver.ts';
import { senderDeps } from '../sender-fixture.ts';
import { hostileNotification, senderContract } from '../sender.contract.ts';
import { dingtalkIntegration } from './config.ts';
import { createDingtalkSender, dingtalkSign } from './dingtalk.ts';
import { actionCardOf, DINGTALK_SECRET, DINGTALK_TOKEN, fakeDingtalk, markdownOf } from './fake-dingtalk.ts';

const deps = senderDeps();
const never = new AbortController().signal;

function receiverFor(service: FakeService, config: Record<string, unknown> = {}): Receiver {
  const webhook_url = `${service.origin}/robot/send?access_token=${DINGTALK_TOKEN}`;
  const parsed = dingtalkIntegration.parse({
    webhook_url,
    secret: DINGTALK_SECRET,
    timeout: '3s',
    ...config,
  });
  return createDingtalkSender(deps, { name: 'ops', index: 0, config: parsed });
}

const withRobot = (run: (service: FakeService) => Promise<void>): Promise<void> =>
  FakeService.with(fakeDingtalk(DINGTALK_SECRET), run);

receiverContract('dingtalk', (run) =>
  withRobot((service) =>
    run({
      receiver: receiverFor(service),
      arrivedCount: () => service.taken.length,
      breakOff: () => service.close(),
    }),
  ),
);

senderContract('dingtalk', (run) =>
  withRobot((service) =>
    run({
      receiver: receiverFor(service),
      service,
      clock: deps.clock,
      secrets: [DINGTALK_TOKEN, DINGTALK_SECRET, dingtalkSign(DINGTALK_SECRET, deps.clock.nowMs())],
    }),
  ),
);

test('the secret is the key, and time and secret are signed', () => {
  assert.equal(dingtalkSign('demo', 1_700_000_000_000), 'xfnlAuOK5y01v9a1lNRpnLkBRS0dfla0aOWLQMANQuE=');
});

test("a robot refuses Feishu's signature, and one of another secret, for good", () =>
  withRobot(async (service) => {
    const result = await receiverFor(service, { secret: 'other' }).send(exampleNotification(), never);
    assert.ok(result.kind === 'failed' && !result.isRetriable && result.category === 'authError');
    assert.equal(result.error, 'error 310000 from DingTalk: sign not match');
    await receiverFor(service).send(exampleNotification(), never);
    const good = service.taken[0]!;
    const query = new URLSearchParams(good.query);
    query.set('sign', feishuSign(DINGTALK_SECRET, deps.clock.nowMs()));
    assert.equal(fakeDingtalk(DINGTALK_SECRET)({ ...good, query }).isTaken, false);
  }));

test('a signature with signs of addresses in it comes through the address as it is', () =>
  FakeService.with(undefined, async (service) => {
    await receiverFor(service, { secret: 'plus' }).send(exampleNotification(), never);
    const nowMs = deps.clock.nowMs();
    const sign = dingtalkSign('plus', nowMs);
    assert.match(sign, /[+/=]/);
    assert.equal(service.requests[0]?.query.get('sign'), sign);
    assert.equal(service.requests[0]?.query.get('timestamp'), String(nowMs));
    assert.equal(service.requests[0]?.query.get('access_token'), DINGTALK_TOKEN);
  }));

test('without a secret the address stays as it is', () =>
  FakeService.with(fakeDingtalk(''), async (service) => {
    const result = await receiverFor(service, { secret: undefined }).send(exampleNotification(), never);
    assert.deepEqual([result.kind, service.taken.length], ['delivered', 1]);
  }));

test('the message has the subject as a heading, the alerts, and a link to our page', () =>
  withRobot(async (service) => {
    await receiverFor(service).send(exampleNotification(), never);
    const { markdown, at } = markdownOf(service.taken[0]);
    assert.equal(markdown.title, '[FIRING:1] A (api)');
    assert.match(markdown.text, /^### \[FIRING:1\] A \(api\)\n\n\[View the alerts in Vedette\]\(http/);
    assert.match(markdown.text, /\*\*A is bad\*\*, since 2023-11-14 22:13:20 UTC/);
    assert.deepEqual(at, { atMobiles: [], isAtAll: false });
  }));

test('who is mentioned stands in the text, also of a message that was cut', () =>
  withRobot(async (service) => {
    const receiver = receiverFor(service, { at_mobiles: ['13800000000', '13900000000'], is_at_all: 'true' });
    await receiver.send(hostileNotification('x'.repeat(100_000)), never);
    const { markdown, at } = markdownOf(service.taken[0]);
    assert.ok(markdown.text.endsWith('…\n\n@13800000000 @13900000000'));
    assert.deepEqual(at, { atMobiles: ['13800000000', '13900000000'], isAtAll: true });
    const bytes = Buffer.byteLength(service.taken[0]!.body);
    assert.ok(bytes <= 20_000 && bytes > 19_900, String(bytes));
  }));

test('values link nowhere and make no headings; their lines stay lines', () =>
  withRobot(async (service) => {
    const value = '[x](http://evil) ![i](http://evil/i.png)\n# big\n> quoted <b>';
    await receiverFor(service).send(hostileNotification(value), never);
    const { text } = markdownOf(service.taken[0]).markdown;
    assert.ok(
      text.includes('［x］(http://evil) ！［i］(http://evil/i.png)  \n＃ big  \n＞ quoted ＜b＞'),
      text,
    );
  }));

test('an answer with a number other than 0 is a failure; too many messages are tried again in a minute', () =>
  withRobot(async (service) => {
    const check = async (body: string, want: string): Promise<void> => {
      service.script({ status: 200, body });
      const result = await receiverFor(service).send(exampleNotification(), never);
      const got =
        result.kind === 'failed'
          ? `${result.isRetriable ? 'again' : 'final'} ${result.category} ${result.retryAfterMs}`
          : result.kind;
      assert.equal(got, want, body);
    };
    await check(
      '{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}',
      'again rateLimited 60000',
    );
    await check('{"errcode":410100,"errmsg":"发送速度太快而限流"}', 'again rateLimited 60000');
    await check('{"errcode":4711,"errmsg":"send too fast"}', 'again rateLimited 60000');
    await check('{"errcode":-1,"errmsg":"系统繁忙"}', 'again serverError undefined');
    await check('{"errcode":310000,"errmsg":"keywords not in content"}', 'final authError undefined');
    await check('{"errcode":300005,"errmsg":"token is not exist"}', 'final authError undefined');
    await check('{"errcode":400102,"errmsg":"bot is stopped"}', 'final authError undefined');
    await check('{"errcode":40035,"errmsg":"missing"}', 'final clientError undefined');
    await check('{"errmsg":"ok"}', 'again other undefined');
    await check('{"errcode":0,"errmsg":"ok"}', 'delivered');
  }));

test('texts that are empty, or cannot be filled', () =>
  withRobot(async (service) => {
    const empty = { title: '{{ if false }}{{ end }}', text: '{{ if false }}{{ end }}' };
    assert.equal((await receiverFor(service, empty).send(exampleNotification(), never)).kind, 'delivered');
    const result = await receiverFor(service, { title: '{{ nothing' }).send(exampleNotification(), never);
    assert.ok(result.kind === 'failed' && !result.isRetriable);
    assert.match(result.error, /^cannot fill the template of dingtalk_configs\.title: /);
  }));

test('a prepared message is an action card, which mentions nobody', () =>
  withRobot(async (service) => {
    const receiver = receiverFor(service, { at_mobiles: ['13800000000'], is_at_all: true });
    assert.equal((await receiver.send(preparedNotification(), never)).kind, 'delivered');
    assert.deepEqual(actionCardOf(service.taken[0]), preparedExample().dingtalkCard);
  }));
