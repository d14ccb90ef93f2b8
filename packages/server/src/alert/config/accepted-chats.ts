/**
 * Chats that Alertmanager sends to and we do not: read, checked and printed as there, so that a file of
 * theirs is understood whole; that nothing is sent is said by `support.ts`.
 */
import { z } from 'zod';
import { fields } from './fields.ts';
import { httpShape, named, template, webhookUrlShape } from './integration.ts';
import { atMostOne, complain, needed, oneOf } from './rules.ts';

export const discordIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      ...webhookUrlShape(),
      content: template(),
      title: template(named('discord.default.title')),
      message: template(named('discord.default.message')),
      username: template(),
      avatar_url: template(),
    })
    .check(oneOf('webhook_url', 'webhook_url_file')),
);

export const msteamsIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      ...webhookUrlShape(),
      title: template(named('msteams.default.title')),
      summary: template(named('msteams.default.summary')),
      text: template(named('msteams.default.text')),
    })
    .check(oneOf('webhook_url', 'webhook_url_file')),
);

export const msteamsv2Integration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      ...webhookUrlShape(),
      title: template(named('msteamsv2.default.title')),
      text: template(named('msteamsv2.default.text')),
    })
    .check(oneOf('webhook_url', 'webhook_url_file')),
);

export const webexIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      api_url: fields.url(),
      message: template(named('webex.default.message')),
      room_id: fields.shown(template()),
    })
    .check(needed('room_id', 'missing room_id on webex_config'))
    .check((payload) => {
      if (payload.value.http_config?.authorization === undefined)
        complain(payload, 'missing webex_configs.http_config.authorization');
    }),
);

const WECHAT_TYPES = '^(text|markdown)$';

export const wechatIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: false }),
      api_secret: fields.secretText(),
      api_secret_file: fields.fileName(),
      corp_id: fields.text(),
      message: template(named('wechat.default.message')),
      api_url: fields.url(),
      to_user: template(named('wechat.default.to_user')),
      to_party: template(named('wechat.default.to_party')),
      to_tag: template(named('wechat.default.to_tag')),
      agent_id: template(named('wechat.default.agent_id')),
      message_type: fields.text('text'),
    })
    .check(atMostOne('api_secret', 'api_secret_file'), (payload) => {
      const { message_type: type } = payload.value;
      if (type !== '' && !new RegExp(WECHAT_TYPES).test(type))
        complain(
          payload,
          `weChat message type ${JSON.stringify(type)} does not match valid options ${WECHAT_TYPES}`,
          ['message_type'],
        );
    }),
);

const rocketchatField = z.lazy(() =>
  z.strictObject({
    short: fields.optionalFlag(),
    title: template(),
    value: template(),
  }),
);

const rocketchatAction = z.lazy(() =>
  z.strictObject({
    type: template(),
    text: template(),
    url: template(),
    image_url: template(),
    is_webview: fields.flag(false),
    webview_height_ratio: template(),
    msg: template(),
    msg_in_chat_window: fields.flag(false),
    msg_processing_type: template(),
  }),
);

export const rocketchatIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: false }),
      api_url: fields.url(),
      token_id: fields.secretText(),
      token_id_file: fields.fileName(),
      token: fields.secretText(),
      token_file: fields.fileName(),
      channel: template(),
      color: template('{{ if eq .Status "firing" }}red{{ else }}green{{ end }}'),
      title: template(named('rocketchat.default.title')),
      title_link: template(named('rocketchat.default.titlelink')),
      text: template(named('rocketchat.default.text')),
      fields: z.array(rocketchatField).default([]),
      short_fields: fields.shown(fields.flag(false)),
      emoji: template(named('rocketchat.default.emoji')),
      icon_url: template(named('rocketchat.default.iconurl')),
      image_url: template(),
      thumb_url: template(),
      link_names: fields.shown(fields.flag(false)),
      actions: z.array(rocketchatAction).default([]),
    })
    .check(atMostOne('token', 'token_file'), atMostOne('token_id', 'token_id_file')),
);

const mattermostField = z.lazy(() =>
  z
    .strictObject({ title: template(), value: template(), short: fields.optionalFlag() })
    .check(needed('title', 'missing title in Mattermost field configuration'))
    .check(needed('value', 'missing value in Mattermost field configuration')),
);

/** What an attachment of Mattermost has, and a message as well. */
const mattermostShape = {
  pretext: template(),
  author_name: template(),
  author_link: template(),
  author_icon: template(),
  fields: z.array(mattermostField).default([]),
  thumb_url: template(),
  footer: template(),
  footer_icon: template(),
  image_url: template(),
};

export const mattermostIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      ...webhookUrlShape(),
      channel: template(),
      username: template(named('mattermost.default.username')),
      text: template(named('mattermost.default.text')),
      fallback: template(named('mattermost.default.fallback')),
      color: template(named('mattermost.default.color')),
      ...mattermostShape,
      title: template(named('mattermost.default.title')),
      title_link: template(named('mattermost.default.titlelink')),
      icon_url: template(),
      icon_emoji: template(),
      attachments: z
        .array(
          z.strictObject({
            fallback: template(),
            color: template(),
            text: template(),
            title: template(),
            title_link: template(),
            ...mattermostShape,
          }),
        )
        .default([]),
      type: template(),
      props: z.strictObject({ card: template() }).optional(),
      priority: z
        .strictObject({
          priority: template(),
          requested_ack: fields.flag(false),
          persistent_notifications: fields.flag(false),
        })
        .optional(),
    })
    .check(atMostOne('webhook_url', 'webhook_url_file')),
);
