import { z } from 'zod';
import { fields } from '../../config/fields.ts';
import { attemptTimeout, httpShape, named, template } from '../../config/integration.ts';
import { complain, needed } from '../../config/rules.ts';

/** ntfy's limit. */
const ACTIONS_MAX = 3;

const action = z.lazy(() =>
  z.strictObject({
    action: z.enum(['view', 'http']).default('view').describe('view opens the address, http calls it.'),
    label: template().describe('What the button says.'),
    url: template().describe('Address.'),
    method: z.enum(['GET', 'POST', 'PUT']).default('POST').describe('How http calls it.'),
    body: template().describe('What http sends.'),
    clear: fields.flag(false).describe('Whether the message goes away once the button was used.'),
  }),
);

/** `ntfy_configs`, ours: a push message through ntfy.sh or a server of one's own. */
export const ntfyIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      url: fields.url().default('https://ntfy.sh').describe('Address of the server.'),
      topic: template().describe('Topic to publish to; who knows its name can read it.'),
      title: template(named('ntfy.default.title')).describe('Title of the message.'),
      message: template(named('ntfy.default.message')).describe('Text of the message.'),
      priority: template().describe(
        '1 to 5; by the worst severity that fires when empty: critical 5, error 4, info 2, else 3.',
      ),
      tags: z.array(z.string()).default([]).describe('Tags and names of emojis; each a template.'),
      click: template(named('ntfy.default.click')).describe('Where a click leads.'),
      markdown: fields.flag(false).describe('Whether the text is Markdown.'),
      actions: z.array(action).default([]).describe('Buttons, three at most.'),
      timeout: attemptTimeout(),
    })
    .check(needed('topic', 'missing topic in ntfy config'))
    .check((payload) => {
      for (const [i, { label, url }] of payload.value.actions.entries())
        if (label === '' || url === '')
          complain(payload, 'an action needs a label and a url', ['actions', i]);
      if (payload.value.actions.length > ACTIONS_MAX)
        complain(payload, `got ${payload.value.actions.length} actions, ntfy takes ${ACTIONS_MAX}`, [
          'actions',
        ]);
    }),
);

export type NtfyConfig = z.output<typeof ntfyIntegration>;
