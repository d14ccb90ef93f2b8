/** For tests: a group robot of Feishu, strict about all that its documentation says. */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { FakeJudge, FakeRequest } from '../fake-service.ts';

export const FEISHU_PATH = '/open-apis/bot/v2/hook/0a1b2c3d-4e5f-6789';
export const FEISHU_SECRET = 'demo';

const BODY_BYTES_TAKEN = 20_000;
const CLOCK_SECONDS = 1_700_000_000;

const plainText = z.strictObject({ tag: z.literal('plain_text'), content: z.string().min(1) });

/** Those that we use; buttons are links. */
const element = z.discriminatedUnion('tag', [
  z.strictObject({ tag: z.literal('markdown'), content: z.string().min(1) }),
  z.strictObject({ tag: z.literal('hr') }),
  z.strictObject({ tag: z.literal('note'), elements: z.array(plainText).min(1) }),
  z.strictObject({
    tag: z.literal('action'),
    actions: z
      .array(
        z.strictObject({
          tag: z.literal('button'),
          text: plainText,
          url: z.url({ protocol: /^https?$/ }),
          type: z.enum(['default', 'primary', 'danger']),
        }),
      )
      .min(1),
  }),
]);

const message = z.strictObject({
  timestamp: z
    .string()
    .regex(/^\d{10}$/)
    .optional(),
  sign: z.string().optional(),
  msg_type: z.literal('interactive'),
  card: z.strictObject({
    config: z.strictObject({ wide_screen_mode: z.boolean() }),
    header: z.strictObject({
      title: z.strictObject({ tag: z.literal('plain_text'), content: z.string().min(1).max(400) }),
      template: z.enum(['red', 'orange', 'yellow', 'blue', 'green']),
    }),
    elements: z.array(element).min(1),
  }),
});

export function cardOf(request: FakeRequest | undefined): { title: string; colour: string; text: string } {
  const { card } = message.parse(JSON.parse(request?.body ?? ''));
  const { title, template } = card.header;
  const [first] = card.elements;
  return {
    title: title.content,
    colour: template,
    text: first?.tag === 'markdown' ? first.content : '',
  };
}

/** A robot with a secret refuses whatever is not signed its way, DingTalk's among them. */
export function fakeFeishu(secret: string): FakeJudge {
  const say = (code: number, msg: string) => ({
    status: 200,
    isTaken: code === 0,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ code, msg, data: {} }),
  });
  return (request) => {
    const { path, method, headers, body } = request;
    if (path !== FEISHU_PATH) return say(19_001, 'param invalid: incoming webhook access token invalid');
    const parsed = message.safeParse(readJson(body));
    if (method !== 'POST' || headers['content-type'] !== 'application/json' || !parsed.success)
      return say(9499, 'Bad Request');
    if (Buffer.byteLength(body) > BODY_BYTES_TAKEN) return say(9499, 'Bad Request');
    const { timestamp, sign } = parsed.data;
    if (secret === '') return say(0, 'success');
    const want = createHmac('sha256', `${timestamp}\n${secret}`).digest('base64');
    const isFresh = Math.abs(Number(timestamp) - CLOCK_SECONDS) <= 3600;
    if (sign !== want || !isFresh)
      return say(19_021, 'sign match fail or timestamp is not within one hour from current time');
    return say(0, 'success');
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
