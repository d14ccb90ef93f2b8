import { z } from 'zod';
import { fields } from '../../config/fields.ts';
import { attemptTimeout, named, sendResolved, template } from '../../config/integration.ts';

/** `web_push_configs`, ours: notifications on the devices that people turned on in Settings. */
export const webPushIntegration = z.lazy(() =>
  z.strictObject({
    ...sendResolved(true),
    title: template(named('ntfy.default.title')).describe('Title of the notification.'),
    message: template(named('ntfy.default.message')).describe('Text of the notification.'),
    // A phone that was off for longer has newer notifications waiting, or none that still matter.
    ttl: fields
      .shown(fields.goDuration('4h'))
      .describe('How long the push service keeps it for a device that cannot be reached.'),
    timeout: attemptTimeout(),
  }),
);

export type WebPushConfig = z.output<typeof webPushIntegration>;
