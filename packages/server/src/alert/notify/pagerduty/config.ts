import { z } from 'zod';
import { fields } from '../../config/fields.ts';
import { attemptTimeout, httpShape, named, template } from '../../config/integration.ts';
import { atMostOne, complain, isSet } from '../../config/rules.ts';

/** Details that every message has, unless the configuration says otherwise under the same name. */
const DETAILS = {
  firing: '{{ .Alerts.Firing | toJson }}',
  resolved: '{{ .Alerts.Resolved | toJson }}',
  num_firing: '{{ .Alerts.Firing | len }}',
  num_resolved: '{{ .Alerts.Resolved | len }}',
};

const image = z.lazy(() =>
  z.strictObject({
    src: template().describe('Address of the picture.'),
    alt: template().describe('Text instead of the picture.'),
    href: template().describe('Where the picture leads.'),
  }),
);

const link = z.lazy(() =>
  z.strictObject({
    href: template().describe('Where it leads.'),
    text: template().describe('What it says.'),
  }),
);

/** `pagerduty_configs`: Events API v2 with a routing key, the old one with a service key. */
export const pagerdutyIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      service_key: fields.secretText().describe('Integration key of the old API.'),
      service_key_file: fields.fileName().describe('File with the integration key of the old API.'),
      routing_key: fields.secretText().describe('Integration key of Events API v2.'),
      routing_key_file: fields.fileName().describe('File with the integration key.'),
      url: fields.url().describe('Where to send; global.pagerduty_url when absent.'),
      client: template(named('pagerduty.default.client')).describe('Name of the sender.'),
      client_url: template(named('pagerduty.default.clientURL')).describe('Where the sender is found.'),
      // Upstream's text, without the blank before the braces: it is printed so.
      description: template('{{ template "pagerduty.default.description" .}}').describe(
        'Title of the incident.',
      ),
      details: z.record(z.string(), z.unknown()).default({}).describe('Further details, each a template.'),
      images: z.array(image).default([]).describe('Pictures of the incident.'),
      links: z.array(link).default([]).describe('Links of the incident.'),
      source: template().describe('What is affected; the client when empty.'),
      severity: template().describe('critical, error, warning or info.'),
      class: template().describe('Kind of the problem.'),
      component: template().describe('Part that is broken.'),
      group: template().describe('Cluster of parts.'),
      timeout: attemptTimeout(),
    })
    .check(
      atMostOne('routing_key', 'routing_key_file'),
      atMostOne('service_key', 'service_key_file'),
      (payload) => {
        const { routing_key, routing_key_file, service_key, service_key_file } = payload.value;
        if (![routing_key, routing_key_file, service_key, service_key_file].some(isSet))
          complain(payload, 'missing service or routing key in PagerDuty config');
      },
    )
    .transform((given) => ({
      ...given,
      source: given.source || given.client,
      details: { ...DETAILS, ...given.details },
    })),
);

export type PagerdutyConfig = z.output<typeof pagerdutyIntegration>;
