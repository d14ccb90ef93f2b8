import { z } from 'zod';
import { fields } from '../../config/fields.ts';
import { attemptTimeout, httpShape, named, template } from '../../config/integration.ts';
import { needed } from '../../config/rules.ts';

/** `ntfy_configs`, ours: a push message through ntfy.sh or a server of one's own. */
export const ntfyIntegration = z
  .strictObject({
    ...httpShape({ sendResolved: true }),
    url: fields.url().default('https://ntfy.sh').describe('Address of the server.'),
    topic: template().describe('Topic to publish to.'),
    title: template(named('ntfy.default.title')).describe('Title of the message.'),
    message: template(named('ntfy.default.message')).describe('Text of the message.'),
    priority: template().describe('1 to 5; 3 when empty.'),
    tags: z.array(z.string()).default([]).describe('Tags and emojis.'),
    click: template().describe('Where a click leads.'),
    timeout: attemptTimeout(),
  })
  .check(needed('topic', 'missing topic in ntfy config'));
