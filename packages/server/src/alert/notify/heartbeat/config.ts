import { z } from 'zod';
import { fields } from '../../config/fields.ts';
import { attemptTimeout, httpShape } from '../../config/integration.ts';
import { complain, oneOf } from '../../config/rules.ts';

/**
 * `heartbeat_configs`, ours: an address that is called as long as alerts get through to us. Its route takes
 * an alert that always fires, and its `repeat_interval` is how often it is called.
 */
export const heartbeatIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: false }),
      url: fields.secretUrl().describe('Address to call; kept like a secret.'),
      url_file: fields.fileName().describe('File with the address.'),
      method: z.enum(['GET', 'HEAD', 'POST']).default('GET').describe('How it is called.'),
      timeout: attemptTimeout(),
    })
    .check(oneOf('url', 'url_file'))
    .check((payload) => {
      if (payload.value.send_resolved)
        complain(payload, 'a heartbeat that ends is one that stays away: send_resolved must be false', [
          'send_resolved',
        ]);
    }),
);

export type HeartbeatConfig = z.output<typeof heartbeatIntegration>;
