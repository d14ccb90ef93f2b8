/**
 * Services for alerts, tickets and push messages that Alertmanager sends to and we do not: read, checked and
 * printed as there; that nothing is sent is said by `support.ts`.
 */
import { z } from 'zod';
import { fields } from './fields.ts';
import { attemptTimeout, httpShape, named, template } from './integration.ts';
import { atMostOne, complain, isSet, needed, oneOf } from './rules.ts';

const OPSGENIE_TYPES = '^(team|teams|user|escalation|schedule)$';

const opsgenieResponder = z.lazy(() =>
  z
    .strictObject({ id: template(), name: template(), username: template(), type: template() })
    .check((payload) => {
      const { id, name, username, type } = payload.value;
      const shown = `{${[id, name, username, type].join(' ')}}`;
      if (id === '' && name === '' && username === '')
        complain(
          payload,
          `opsGenieConfig responder ${shown} has to have at least one of id, username or name specified`,
        );
      if (!type.includes('{{') && !new RegExp(OPSGENIE_TYPES).test(type.toLowerCase()))
        complain(
          payload,
          `opsGenieConfig responder ${shown} type does not match valid options ${OPSGENIE_TYPES}`,
        );
    }),
);

export const opsgenieIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      api_key: fields.secretText(),
      api_key_file: fields.fileName(),
      api_url: fields.url(),
      message: template(named('opsgenie.default.message')),
      description: template(named('opsgenie.default.description')),
      source: template(named('opsgenie.default.source')),
      details: fields.textMap(),
      entity: template(),
      responders: z.array(opsgenieResponder).default([]),
      actions: template(),
      tags: template(),
      note: template(),
      priority: template(),
      update_alerts: fields.flag(false),
    })
    .check(atMostOne('api_key', 'api_key_file')),
);

/** Names that the service gives a meaning. */
const VICTOROPS_RESERVED = [
  'routing_key',
  'message_type',
  'state_message',
  'entity_display_name',
  'monitoring_tool',
  'entity_id',
  'entity_state',
];

export const victoropsIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      api_key: fields.secretText(),
      api_key_file: fields.fileName(),
      api_url: fields.shown(fields.url()),
      routing_key: fields.shown(template()),
      message_type: fields.shown(template('CRITICAL')),
      state_message: fields.shown(template(named('victorops.default.state_message'))),
      entity_display_name: fields.shown(template(named('victorops.default.entity_display_name'))),
      monitoring_tool: fields.shown(template(named('victorops.default.monitoring_tool'))),
      custom_fields: fields.textMap(),
    })
    .check(needed('routing_key', 'missing Routing key in VictorOps config'))
    .check(atMostOne('api_key', 'api_key_file'))
    .check((payload) => {
      for (const name of VICTOROPS_RESERVED)
        if (Object.hasOwn(payload.value.custom_fields, name))
          complain(
            payload,
            `victorOps config contains custom field ${name} which cannot be used as it conflicts with the fixed/static fields`,
            ['custom_fields', name],
          );
    }),
);

export const pushoverIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      user_key: fields.secretText(),
      user_key_file: fields.fileName(),
      token: fields.secretText(),
      token_file: fields.fileName(),
      title: template(named('pushover.default.title')),
      message: template(named('pushover.default.message')),
      url: template(named('pushover.default.url')),
      url_title: template(),
      device: template(),
      sound: template(),
      priority: template('{{ if eq .Status "firing" }}2{{ else }}0{{ end }}'),
      retry: fields.goDuration('1m'),
      expire: fields.goDuration('1h'),
      ttl: fields.goDuration('0s'),
      html: fields.flag(false),
      monospace: fields.flag(false),
    })
    .check(oneOf('user_key', 'user_key_file'), oneOf('token', 'token_file'), (payload) => {
      if (payload.value.html && payload.value.monospace)
        complain(payload, 'at most one of monospace & html must be configured', ['monospace']);
    }),
);

const sigv4 = z.lazy(() =>
  z
    .strictObject({
      region: fields.text(),
      access_key: fields.text(),
      secret_key: fields.secretText(),
      profile: fields.text(),
      role_arn: fields.text(),
      external_id: fields.text(),
      use_fips_sts_endpoint: fields.flag(false),
    })
    .check((payload) => {
      if (isSet(payload.value.access_key) !== isSet(payload.value.secret_key))
        complain(
          payload,
          'must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config',
        );
    }),
);

export const snsIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      api_url: template(),
      sigv4: fields.shown(sigv4.prefault({})),
      topic_arn: template(),
      phone_number: template(),
      target_arn: template(),
      subject: template(named('sns.default.subject')),
      message: template(named('sns.default.message')),
      attributes: fields.textMap(),
      use_aws_http_client: fields.flag(false),
    })
    .check((payload) => {
      const { topic_arn, phone_number, target_arn } = payload.value;
      // One, or all three: upstream's check is an exclusive or, and people's files passed it.
      if ([topic_arn, phone_number, target_arn].filter(isSet).length % 2 === 0)
        complain(payload, 'must provide either a Target ARN, Topic ARN, or Phone Number for SNS config');
    }),
);

/** A text, or a text with the question whether it changes an existing ticket. */
function jiraField(preset: string) {
  const plain = z.string().transform((text) => ({ template: text, enable_update: undefined }));
  const whole = z.strictObject({ template: template(), enable_update: fields.optionalFlag() });
  return z.union([plain, whole]).prefault(preset);
}

const jiraLabels = z.lazy(() =>
  z.union([
    z.array(z.string()).transform((values) => ({ values, enable_update: undefined })),
    z.strictObject({ values: z.array(z.string()).default([]), enable_update: fields.optionalFlag() }),
  ]),
);

export const jiraIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      api_url: fields.url(),
      api_type: fields.text('auto'),
      project: template(),
      summary: fields.printedAs(jiraField(named('jira.default.summary')), withoutAbsent),
      description: fields.printedAs(jiraField(named('jira.default.description')), withoutAbsent),
      labels: fields.printedAs(jiraLabels.optional(), withoutAbsent),
      priority: template(named('jira.default.priority')),
      issue_type: template(),
      reopen_transition: template(),
      resolve_transition: template(),
      wont_fix_resolution: template(),
      reopen_duration: fields.duration(),
      fields: z.record(z.string(), z.unknown()).default({}),
    })
    .check(needed('project', 'missing project in jira_config'))
    .check(needed('issue_type', 'missing issue_type in jira_config'))
    .check((payload) => {
      if (!['auto', 'cloud', 'datacenter'].includes(payload.value.api_type))
        complain(payload, 'unknown api_type on jira_config, must be auto, cloud or datacenter', ['api_type']);
    }),
);

function withoutAbsent(value: object | undefined): object | undefined {
  return value && Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}

export const incidentioIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      url: fields.shown(fields.url()),
      url_file: fields.shown(fields.fileName()),
      alert_source_token: fields.secretText(),
      alert_source_token_file: fields.fileName(),
      max_alerts: fields.shown(fields.whole({ min: 0 })),
      timeout: attemptTimeout(),
    })
    .check(
      oneOf('url', 'url_file'),
      atMostOne('alert_source_token', 'alert_source_token_file'),
      (payload) => {
        const { http_config: http, alert_source_token: token, alert_source_token_file: file } = payload.value;
        const hasToken = isSet(token) || isSet(file);
        if (http?.authorization !== undefined && hasToken)
          complain(
            payload,
            'cannot specify alert_source_token or alert_source_token_file when using http_config.authorization',
          );
        if (http !== undefined && http.authorization === undefined && !hasToken)
          complain(
            payload,
            'at least one of alert_source_token, alert_source_token_file or http_config.authorization must be configured',
          );
      },
    ),
);
