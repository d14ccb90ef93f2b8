import { z } from 'zod';
import type { Secret } from '../../../lib/secret.ts';
import { fields } from '../../config/fields.ts';
import { attemptTimeout, httpShape, named, template } from '../../config/integration.ts';
import { atMostOne, complain, isSet, needed } from '../../config/rules.ts';

/** Where messages are posted, and changed, with a token instead of a webhook's address. */
export const SLACK_POST_URL = 'https://slack.com/api/chat.postMessage';

/** Slack's own limit for one message. */
const SLACK_BLOCKS_MAX = 50;

const confirmation = z.lazy(() =>
  z
    .strictObject({
      text: template().describe('Question.'),
      title: template().describe('Title of the question.'),
      ok_text: template().describe('What the button for yes says.'),
      dismiss_text: template().describe('What the button for no says.'),
    })
    .check(needed('text', 'missing text in Slack confirmation configuration')),
);

const action = z.lazy(() =>
  z
    .strictObject({
      type: template().describe('Kind of the action: button.'),
      text: template().describe('What it says.'),
      url: template().describe('Where it leads.'),
      style: template().describe('Colour: primary or danger.'),
      name: template().describe('Name, instead of an address.'),
      value: template().describe('Value that goes with the name.'),
      confirm: confirmation.optional().describe('Question before it is done.'),
    })
    .check(needed('type', 'missing type in Slack action configuration'))
    .check(needed('text', 'missing text in Slack action configuration'))
    .check((payload) => {
      if (payload.value.url === '' && payload.value.name === '')
        complain(payload, 'missing name or url in Slack action configuration');
    })
    .transform((given) => (given.url === '' ? given : { ...given, name: '', value: '', confirm: undefined })),
);

const field = z.lazy(() =>
  z
    .strictObject({
      title: template().describe('Title.'),
      value: template().describe('Text.'),
      short: fields.optionalFlag().describe('Whether another one fits beside it; short_fields otherwise.'),
    })
    .check(needed('title', 'missing title in Slack field configuration'))
    .check(needed('value', 'missing value in Slack field configuration')),
);

/** `slack_configs`: an attachment through a webhook, or with an application's token. */
export const slackIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: false }),
      api_url: fields.secretUrl().describe('Address of the webhook.'),
      api_url_file: fields.fileName().describe('File with the address of the webhook.'),
      app_token: fields.secretText().describe('Token of an application, instead of a webhook.'),
      app_token_file: fields.fileName().describe('File with the token.'),
      app_url: fields.url().describe('Where messages with a token are posted.'),
      channel: template().describe('Channel or user.'),
      username: template(named('slack.default.username')).describe('Name of the sender.'),
      color: template(named('slack.default.color')).describe('Colour of the attachment.'),
      title: template(named('slack.default.title')).describe('Title of the attachment.'),
      title_link: template(named('slack.default.titlelink')).describe('Where the title leads.'),
      pretext: template(named('slack.default.pretext')).describe('Text above the attachment.'),
      text: template(named('slack.default.text')).describe('Text of the attachment.'),
      message_text: template().describe('Text of the message itself.'),
      fields: z.array(field).default([]).describe('Fields of the attachment.'),
      short_fields: fields.shown(fields.flag(false)).describe('Whether fields stand side by side.'),
      footer: template(named('slack.default.footer')).describe('Text below the attachment.'),
      fallback: template(named('slack.default.fallback')).describe('Text where attachments are not shown.'),
      callback_id: template(named('slack.default.callbackid')).describe(
        'Name under which actions come back.',
      ),
      icon_emoji: template(named('slack.default.iconemoji')).describe('Emoji as picture of the sender.'),
      icon_url: template(named('slack.default.iconurl')).describe('Picture of the sender.'),
      image_url: template().describe('Picture in the attachment.'),
      thumb_url: template().describe('Small picture in the attachment.'),
      link_names: fields.shown(fields.flag(false)).describe('Whether names with @ become mentions.'),
      mrkdwn_in: z.array(z.string()).default([]).describe('Parts in which marks are read.'),
      actions: z.array(action).default([]).describe('Buttons below the attachment.'),
      update_message: fields
        .shown(fields.flag(false))
        .describe('Change the message of a group, instead of another one.'),
      timeout: attemptTimeout(),
      blocks: z
        .array(z.record(z.string(), z.unknown()))
        .max(SLACK_BLOCKS_MAX, `must be at most ${SLACK_BLOCKS_MAX} blocks, as many as Slack takes`)
        .optional()
        .describe('Blocks of Slack instead of the attachment; their texts are templates; ours.'),
    })
    .check(atMostOne('api_url', 'api_url_file'), atMostOne('app_token', 'app_token_file'), (payload) => {
      const { api_url, api_url_file, app_token, app_token_file } = payload.value;
      if ((isSet(api_url) || isSet(api_url_file)) && (isSet(app_token) || isSet(app_token_file)))
        complain(
          payload,
          'at most one of api_url/api_url_file & app_token/app_token_file must be configured',
        );
      const fault = isSet(api_url) || isSet(api_url_file) ? findUpdateFault(payload.value) : undefined;
      if (fault !== undefined) complain(payload, fault, ['update_message']);
    }),
);

interface SlackAddress {
  readonly update_message: boolean;
  readonly api_url?: Secret | undefined;
  readonly app_token?: Secret | undefined;
  readonly app_token_file: string;
}

/**
 * A message that is to be changed needs a token: of its own, of all, or in `http_config` beside the API's
 * address. Asked again when everything is inherited; Alertmanager 0.34 asks before, and refuses its own
 * tokens with that.
 */
export function findUpdateFault(slack: SlackAddress): string | undefined {
  const { update_message, api_url, app_token, app_token_file } = slack;
  if (!update_message || isSet(app_token) || isSet(app_token_file)) return undefined;
  if (api_url?.reveal() === SLACK_POST_URL) return undefined;
  return `update_message can only be used with bot tokens. api_url must be set to ${SLACK_POST_URL}`;
}

export type SlackConfig = z.output<typeof slackIntegration>;
