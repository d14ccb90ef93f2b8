/** For tests: Slack's webhook and the two methods of its API, strict about shapes and lengths. */
import { z } from 'zod';
import type { FakeAnswer, FakeJudge, FakeRequest } from '../fake-service.ts';

export const SLACK_HOOK_PATH = '/services/T00000000/B00000000/k0000k1111k2222k3333k444';
export const SLACK_TOKEN = 'xoxb-1234-abcdefgh';

const ATTACHMENT_CHARS_TAKEN = 60_000;

const confirm = z.strictObject({
  text: z.string().min(1),
  title: z.string().min(1).optional(),
  ok_text: z.string().min(1).optional(),
  dismiss_text: z.string().min(1).optional(),
});

const attachment = z.strictObject({
  title: z
    .string()
    .min(1)
    .max(5 * 1024)
    .optional(),
  title_link: z.string().min(1).optional(),
  pretext: z.string().min(1).optional(),
  text: z.string(),
  fallback: z.string(),
  callback_id: z.string(),
  fields: z
    .array(z.strictObject({ title: z.string(), value: z.string(), short: z.boolean() }))
    .min(1)
    .optional(),
  actions: z
    .array(
      z.strictObject({
        type: z.string().min(1),
        text: z.string().min(1),
        url: z.string().min(1).optional(),
        style: z.string().min(1).optional(),
        name: z.string().min(1).optional(),
        value: z.string().min(1).optional(),
        confirm: confirm.optional(),
      }),
    )
    .min(1)
    .optional(),
  image_url: z.string().min(1).optional(),
  thumb_url: z.string().min(1).optional(),
  footer: z.string(),
  color: z.string().min(1).optional(),
  mrkdwn_in: z.array(z.string()).min(1),
});

const message = z.strictObject({
  channel: z.string().min(1).optional(),
  ts: z.string().min(1).optional(),
  thread_ts: z.string().min(1).optional(),
  username: z.string().min(1).optional(),
  icon_emoji: z.string().min(1).optional(),
  icon_url: z.string().min(1).optional(),
  link_names: z.literal(true).optional(),
  text: z.string().min(1).optional(),
  attachments: z.array(attachment).length(1).optional(),
  blocks: z.array(z.record(z.string(), z.unknown())).min(1).max(50).optional(),
});

export type FakeMessage = z.output<typeof message>;
export type FakeAttachment = z.output<typeof attachment>;

export function messageOf(request: FakeRequest | undefined): FakeMessage {
  return message.parse(JSON.parse(request?.body ?? ''));
}

export function attachmentOf(request: FakeRequest | undefined): FakeAttachment {
  const [first] = messageOf(request).attachments ?? [];
  if (first === undefined) throw new Error('want an attachment');
  return first;
}

export interface FakeSlack {
  readonly judge: FakeJudge;
  /** The messages of a channel as people see them now, by their ts. */
  readonly messages: Map<string, FakeMessage>;
}

/** Channels have an id of their own, which is what `chat.update` wants. */
export const CHANNEL_ID = 'C0123456789';

export function fakeSlack(): FakeSlack {
  const messages = new Map<string, FakeMessage>();
  const judge: FakeJudge = (request) => {
    const { path, headers, method } = request;
    const isJson = method === 'POST' && headers['content-type'] === 'application/json';
    const parsed = message.safeParse(readJson(request.body));
    if (path === SLACK_HOOK_PATH) return judgeHook(isJson && parsed.success, request);
    if (headers.authorization !== `Bearer ${SLACK_TOKEN}`) return api({ ok: false, error: 'invalid_auth' });
    if (!isJson || !parsed.success) return api({ ok: false, error: 'invalid_arguments' });
    if (isTooLong(parsed.data)) return api({ ok: false, error: 'msg_too_long' });
    if (path === '/api/chat.postMessage') {
      if (parsed.data.channel === undefined) return api({ ok: false, error: 'channel_not_found' });
      const ts = `170000000${messages.size}.000100`;
      messages.set(ts, parsed.data);
      return api({ ok: true, channel: CHANNEL_ID, ts, message: parsed.data });
    }
    if (path !== '/api/chat.update') return api({ ok: false, error: 'unknown_method' });
    const { ts = '', channel } = parsed.data;
    if (channel !== CHANNEL_ID) return api({ ok: false, error: 'channel_not_found' });
    if (!messages.has(ts)) return api({ ok: false, error: 'message_not_found' });
    messages.set(ts, parsed.data);
    return api({ ok: true, channel, ts, text: parsed.data.text ?? '' });
  };
  return { judge, messages };
}

function judgeHook(isWellFormed: boolean, { headers, body }: FakeRequest): ReturnType<FakeJudge> {
  const say = (status: number, text: string) => ({
    status,
    isTaken: status === 200,
    headers: { 'Content-Type': 'text/html' },
    body: text,
  });
  if (!isWellFormed || headers.authorization !== undefined) return say(400, 'invalid_payload');
  return isTooLong(messageOfText(body)) ? say(400, 'msg_too_long') : say(200, 'ok');
}

function messageOfText(body: string): FakeMessage {
  return message.parse(JSON.parse(body));
}

function isTooLong({ attachments = [] }: FakeMessage): boolean {
  return attachments.some(({ text, fallback }) => text.length + fallback.length > ATTACHMENT_CHARS_TAKEN);
}

function api(
  said: { readonly ok: boolean } & Record<string, unknown>,
): FakeAnswer & { readonly isTaken: boolean } {
  return {
    status: 200,
    isTaken: said.ok,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: JSON.stringify(said),
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
