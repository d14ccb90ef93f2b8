/** For tests: a group robot of DingTalk, strict about all that is known of it. */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { FakeJudge, FakeRequest } from '../fake-service.ts';

export const DINGTALK_TOKEN = '0a1b2c3d4e5f67890a1b2c3d4e5f6789';
export const DINGTALK_SECRET = 'demo';

const BODY_BYTES_TAKEN = 20_000;
const CLOCK_MS = 1_700_000_000_000;

const actionCard = z.strictObject({
  msgtype: z.literal('actionCard'),
  actionCard: z.strictObject({
    title: z.string().min(1).max(400),
    text: z.string().min(1),
    btnOrientation: z.enum(['0', '1']),
    btns: z
      .array(z.strictObject({ title: z.string().min(1), actionURL: z.url({ protocol: /^https?$/ }) }))
      .min(1),
  }),
});

const message = z.strictObject({
  msgtype: z.literal('markdown'),
  markdown: z.strictObject({ title: z.string().min(1).max(400), text: z.string().min(1) }),
  at: z.strictObject({ atMobiles: z.array(z.string()), isAtAll: z.boolean() }),
});

export function markdownOf(request: FakeRequest | undefined): z.output<typeof message> {
  return message.parse(JSON.parse(request?.body ?? ''));
}

export function actionCardOf(request: FakeRequest | undefined): z.output<typeof actionCard>['actionCard'] {
  return actionCard.parse(JSON.parse(request?.body ?? '')).actionCard;
}

/** A robot with a secret refuses whatever is not signed its way, Feishu's among them. */
export function fakeDingtalk(secret: string): FakeJudge {
  const say = (errcode: number, errmsg: string) => ({
    status: 200,
    isTaken: errcode === 0,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ errcode, errmsg }),
  });
  return ({ path, method, query, headers, body }) => {
    if (path !== '/robot/send' || query.get('access_token') !== DINGTALK_TOKEN)
      return say(300_005, 'token is not exist');
    if (method !== 'POST') return say(43_002, 'POST wanted');
    if (headers['content-type'] !== 'application/json') return say(43_004, 'invalid content-type');
    if (Buffer.byteLength(body) > BODY_BYTES_TAKEN)
      return say(460_101, 'message too long, exceed 20000 bytes');
    if (!z.union([message, actionCard]).safeParse(readJson(body)).success)
      return say(40_035, 'invalid parameter');
    const timestamp = query.get('timestamp') ?? '';
    if (secret === '') return timestamp === '' ? say(0, 'ok') : say(310_000, 'sign not wanted');
    const want = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64');
    const isFresh = /^\d{13}$/.test(timestamp) && Math.abs(Number(timestamp) - CLOCK_MS) <= 3_600_000;
    return query.get('sign') === want && isFresh ? say(0, 'ok') : say(310_000, 'sign not match');
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
