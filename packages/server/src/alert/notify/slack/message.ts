/** What is posted: one attachment as Alertmanager makes it, or blocks of people's own. */
import type { Guard, GuardedTexts } from '../guarded-texts.ts';
import type { PreparedMessage } from '../prepared-message.ts';
import { filledBlocks } from './blocks.ts';
import type { SlackConfig } from './config.ts';
import { NAME_SIGNS, SLACK_ESCAPES, slackText } from './text.ts';

/** With `link_names` Slack looks for names by itself: an invisible character parts a sign from its name. */
export function slackGuard({ link_names }: Pick<SlackConfig, 'link_names'>): Guard {
  if (!link_names) return { escapes: SLACK_ESCAPES };
  return { escapes: [...SLACK_ESCAPES, ...NAME_SIGNS] };
}

/** Alertmanager's limit for titles. */
const TITLE_CHARS_MAX = 1024;

/** How much of each long text is sent. */
export interface TextLimits {
  readonly charsMax: number;
}

/** Slack cuts messages at this length by itself. */
export const WHOLE_TEXTS: TextLimits = { charsMax: 40_000 };

/** When Slack finds a message too long after all: what a single block may hold, so less than any other limit. */
export const SHORT_TEXTS: TextLimits = { charsMax: 2900 };

/** Keys that are not there are left out of the JSON, empty ones as in Alertmanager. */
export type SlackMessage = Readonly<Record<string, unknown>>;

/** Throws `TemplateFault`. */
export function slackMessage(texts: GuardedTexts, config: SlackConfig, limits: TextLimits): SlackMessage {
  const fill = fillerOf(texts, limits);
  const fallback = fill.marked('fallback', config.fallback);
  const messageText = fill.marked('message_text', config.message_text);
  const head = { ...headOf(fill, config), link_names: config.link_names || undefined };
  if (config.blocks !== undefined) {
    const blocks = filledBlocks(texts, config.blocks);
    // Beside blocks the text is what notifications and screen readers say.
    return { ...head, text: messageText || fallback, blocks: orNoList(blocks) };
  }
  const attachment = { ...attachmentOf(fill, config), fallback };
  return { ...head, text: orAbsent(messageText), attachments: [attachment] };
}

/** Says what was prepared in the name that people know; names in it become no mentions. Throws `TemplateFault`. */
export function preparedMessage(
  texts: GuardedTexts,
  config: SlackConfig,
  { title, slackBlocks }: PreparedMessage,
): SlackMessage {
  // What notifications and screen readers say beside blocks.
  const text = slackText(title);
  return { ...headOf(fillerOf(texts, WHOLE_TEXTS), config), text, blocks: slackBlocks };
}

function headOf({ plain }: Filler, config: SlackConfig): SlackMessage {
  return {
    channel: orAbsent(plain('channel', config.channel)),
    username: orAbsent(plain('username', config.username)),
    icon_emoji: orAbsent(plain('icon_emoji', config.icon_emoji)),
    icon_url: orAbsent(plain('icon_url', config.icon_url)),
  };
}

type Filler = ReturnType<typeof fillerOf>;

function fillerOf(texts: GuardedTexts, { charsMax }: TextLimits) {
  const fill = (key: string, template: string) => texts.fill(template, `slack_configs.${key}`);
  return {
    marked: (key: string, template: string, max = charsMax) => fill(key, template).cut(max).marked(),
    plain: (key: string, template: string) => fill(key, template).plain(),
  };
}

function attachmentOf({ marked, plain }: Filler, config: SlackConfig): SlackMessage {
  return {
    title: orAbsent(marked('title', config.title, TITLE_CHARS_MAX)),
    title_link: orAbsent(plain('title_link', config.title_link)),
    pretext: orAbsent(marked('pretext', config.pretext)),
    text: marked('text', config.text),
    callback_id: plain('callback_id', config.callback_id),
    fields: orNoList(config.fields.map((field) => fieldOf({ marked, plain }, field, config))),
    actions: orNoList(config.actions.map((action) => actionOf({ marked, plain }, action))),
    image_url: orAbsent(plain('image_url', config.image_url)),
    thumb_url: orAbsent(plain('thumb_url', config.thumb_url)),
    footer: marked('footer', config.footer),
    color: orAbsent(plain('color', config.color)),
    mrkdwn_in: config.mrkdwn_in.length > 0 ? config.mrkdwn_in : ['fallback', 'pretext', 'text'],
  };
}

function fieldOf(
  { marked }: Filler,
  field: SlackConfig['fields'][number],
  config: SlackConfig,
): SlackMessage {
  return {
    title: marked('fields.title', field.title),
    value: marked('fields.value', field.value),
    short: field.short ?? config.short_fields,
  };
}

function actionOf({ marked, plain }: Filler, action: SlackConfig['actions'][number]): SlackMessage {
  const { confirm } = action;
  return {
    type: plain('actions.type', action.type),
    text: marked('actions.text', action.text),
    url: orAbsent(plain('actions.url', action.url)),
    style: orAbsent(plain('actions.style', action.style)),
    name: orAbsent(plain('actions.name', action.name)),
    value: orAbsent(plain('actions.value', action.value)),
    confirm: confirm && {
      text: marked('actions.confirm.text', confirm.text),
      title: orAbsent(marked('actions.confirm.title', confirm.title)),
      ok_text: orAbsent(marked('actions.confirm.ok_text', confirm.ok_text)),
      dismiss_text: orAbsent(marked('actions.confirm.dismiss_text', confirm.dismiss_text)),
    },
  };
}

function orAbsent(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function orNoList<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
