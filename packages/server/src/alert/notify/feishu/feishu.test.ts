import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeService } from '../fake-service.ts';
import {
  exampleAlert,
  exampleNotification,
  preparedExample,
  preparedNotification,
  receiverContract,
} from '../receiver.contract.ts';
import type { Notification, Receiver } from '../receiver.ts';
import { senderDeps } from '../sender-fixture.ts';
import { hostileNotification, senderContract } from '../sender.contract.ts';
import { feishuIntegration } from './config.ts';
import { cardOf, fakeFeishu, FEISHU_PATH, FEISHU_SECRET } from './fake-feishu.ts';
import { createFeishuSender, feishuSign } from './feishu.ts';

const deps = senderDeps();
const never = new AbortController().signal;

function receiverFor(service: FakeService, config: Record<string, unknown> = {}): Receiver {
  const webhook_url = `${service.origin}${FEISHU_PATH}`;
  const parsed = feishuIntegration.parse({ webhook_url, secret: FEISHU_SECRET, timeout: '3s', ...config });
  return createFeishuSender(deps, { name: 'ops', index: 0, config: parsed });
}

const withRobot = (run: (service: FakeService) => Promise<void>): Promise<void> =>
  FakeService.with(fakeFeishu(FEISHU_SECRET), run);

receiverContract('feishu', (run) =>
  withRobot((service) =>
    run({
      receiver: receiverFor(service),
      arrivedCount: () => service.taken.length,
      breakOff: () => service.close(),
    }),
  ),
);

senderContract('feishu', (run) =>
  withRobot((service) =>
    run({
      receiver: receiverFor(service),
      service,
      clock: deps.clock,
      secrets: [FEISHU_PATH, FEISHU_SECRET],
    }),
  ),
);

test('the signature has the secret in its key and nothing to sign', () => {
  assert.equal(feishuSign('demo', 1_700_000_000), '8oT2n3SMKFfEnDoiwer8BUM/SjKLwe9SqoEIHlhDTKo=');
  assert.notEqual(
    feishuSign('demo', 1_700_000_000),
    createHmac('sha256', 'demo').update('1700000000\ndemo').digest('base64'),
  );
});

test("a robot refuses DingTalk's signature, and one of another secret, for good", () =>
  withRobot(async (service) => {
    const result = await receiverFor(service, { secret: 'other' }).send(exampleNotification(), never);
    assert.ok(result.kind === 'failed' && !result.isRetriable && result.category === 'authError');
    assert.match(result.error, /^error 19021 from Feishu: sign match fail/);
    const good = await receiverFor(service).send(exampleNotification(), never);
    assert.equal(good.kind, 'delivered');
    const body = JSON.parse(service.taken[0]!.body) as Record<string, string>;
    const wrong = createHmac('sha256', FEISHU_SECRET).update(`${body['timestamp']}\n${FEISHU_SECRET}`);
    const forged = JSON.stringify({ ...body, sign: wrong.digest('base64') });
    assert.equal(fakeFeishu(FEISHU_SECRET)({ ...service.taken[0]!, body: forged }).isTaken, false);
  }));

test('without a secret nothing is signed; a file with the secret is read each time', () =>
  FakeService.with(fakeFeishu(''), async (service) => {
    await receiverFor(service, { secret: undefined }).send(exampleNotification(), never);
    assert.doesNotMatch(service.taken[0]!.body, /sign|timestamp/);
    const directory = mkdtempSync(join(tmpdir(), 'vedette-feishu-'));
    try {
      const secret_file = join(directory, 'secret');
      const receiver = receiverFor(service, { secret: undefined, secret_file });
      for (const secret of ['one', 'two']) {
        writeFileSync(secret_file, `${secret}\n`);
        await receiver.send(exampleNotification(), never);
        const { sign } = JSON.parse(service.taken.at(-1)!.body) as { sign: string };
        assert.equal(sign, feishuSign(secret, Math.floor(deps.clock.nowMs() / 1000)));
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  }));

test('the card has a colour by state, the subject and the alerts, and a link to our page', () =>
  withRobot(async (service) => {
    const check = async (more: Partial<Notification>, title: string, colour: string): Promise<string> => {
      await receiverFor(service).send(exampleNotification(more), never);
      const card = cardOf(service.taken.at(-1));
      assert.deepEqual([card.title, card.colour], [title, colour]);
      return card.text;
    };
    const text = await check({}, '[FIRING:1] A (api)', 'red');
    assert.match(
      text,
      /^\[View the alerts in Vedette\]\(http:\/\/vedette\.test\/#\/alerts\?receiver=ops\)\n/,
    );
    assert.match(text, /\*\*A is bad\*\*, since 2023-11-14 22:13:20 UTC/);
    assert.match(text, /\n- job: api\n/);
    const alerts = [exampleAlert('A', { endsAtMs: 1_700_000_001_000 })];
    await check({ status: 'resolved', alerts }, '[RESOLVED] A (api)', 'green');
  }));

test('values mention nobody and link nowhere', () =>
  withRobot(async (service) => {
    const value = '<at id=all></at> [x](http://evil) **b** `c` & ~';
    await receiverFor(service).send(hostileNotification(value), never);
    const { text } = cardOf(service.taken[0]);
    assert.doesNotMatch(text, /<at|\[x\]|\*\*b|`c/);
    assert.ok(
      text.includes('&#60;at id=all&#62;&#60;/at&#62; &#91;x&#93;(http://evil) &#42;&#42;b&#42;&#42;'),
    );
  }));

test('a body is cut to 20,000 bytes, its title with an ellipsis and never an emoji in two', () =>
  withRobot(async (service) => {
    for (const value of ['🙂'.repeat(30_000), '<"'.repeat(30_000)]) {
      const title = '{{ .CommonLabels.evil }}';
      await receiverFor(service, { title }).send(hostileNotification(value), never);
      const { body } = service.taken.at(-1)!;
      const bytes = Buffer.byteLength(body);
      assert.ok(bytes <= 20_000 && bytes > 19_900, String(bytes));
      const card = cardOf(service.taken.at(-1));
      assert.deepEqual([Array.from(card.title).length, card.title.endsWith('…')], [200, true]);
      assert.ok(card.text.isWellFormed() && card.text.endsWith('…'));
    }
  }));

test('an answer with a number other than 0 is a failure, whatever its status', () =>
  withRobot(async (service) => {
    const check = async (body: string, want: string, status = 200): Promise<void> => {
      service.script({ status, body });
      const result = await receiverFor(service).send(exampleNotification(), never);
      const { kind } = result;
      const got = kind === 'failed' ? `${result.isRetriable ? 'again' : 'final'} ${result.category}` : kind;
      assert.equal(got, want, body);
    };
    await check('{"code":11232,"msg":"frequency limited"}', 'again rateLimited');
    await check('{"code":9499,"msg":"too many request"}', 'again rateLimited');
    await check('{"code":9499,"msg":"Bad Request"}', 'final clientError');
    await check('{"code":19022,"msg":"Ip Not Allowed"}', 'final authError');
    await check('{"code":19024,"msg":"Key Words Not Found"}', 'final authError');
    await check('{"code":4711}', 'final clientError');
    await check('{"code":19001,"msg":"param invalid"}', 'final authError', 400);
    await check('{"StatusCode":0,"StatusMessage":"success"}', 'delivered');
    await check('<html>', 'again other');
    await check('', 'again other');
    await check('[]', 'again other');
    await check('{"code":"0"}', 'again other');
  }));

test('a limit that is reached says when to come again', () =>
  withRobot(async (service) => {
    service.script({ status: 200, body: '{"code":11232,"msg":"frequency limited"}' });
    const result = await receiverFor(service).send(exampleNotification(), never);
    assert.equal(result.kind === 'failed' && result.retryAfterMs, 10_000);
  }));

test('a text that cannot be filled is final; one that is empty still makes a card', () =>
  withRobot(async (service) => {
    const result = await receiverFor(service, { text: '{{ .Nothing }}' }).send(exampleNotification(), never);
    assert.ok(result.kind === 'failed' && !result.isRetriable);
    assert.match(result.error, /^cannot fill the template of feishu_configs\.text: /);
    assert.equal(service.requests.length, 0);
    const empty = receiverFor(service, { text: '{{ if false }}x{{ end }}' });
    assert.equal((await empty.send(exampleNotification(), never)).kind, 'delivered');
  }));

test('a file without an address is told by its name', () =>
  withRobot(async (service) => {
    const directory = mkdtempSync(join(tmpdir(), 'vedette-feishu-'));
    try {
      const webhook_url_file = join(directory, 'url');
      writeFileSync(webhook_url_file, 'ftp://s3cret');
      const receiver = receiverFor(service, { webhook_url: undefined, webhook_url_file });
      const result = await receiver.send(exampleNotification(), never);
      assert.ok(result.kind === 'failed' && result.isRetriable);
      assert.equal(
        result.error,
        `cannot use the content of "${webhook_url_file}": want an http or https address`,
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  }));

test('a prepared message is its card, signed as any other', () =>
  withRobot(async (service) => {
    assert.equal((await receiverFor(service).send(preparedNotification(), never)).kind, 'delivered');
    const { card, sign } = JSON.parse(service.taken[0]!.body) as Record<string, unknown>;
    assert.deepEqual(card, preparedExample().feishuCard);
    assert.equal(typeof sign, 'string');
  }));
