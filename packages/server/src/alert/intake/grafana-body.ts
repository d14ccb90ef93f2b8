/**
 * What Grafana's webhooks have beside, or instead of, Alertmanager's fields.
 *
 * Grafana Alerting's alerts carry links and values outside of the annotations; they become annotations here, so that
 * templates and people see them. Where the alert has such an annotation, that stays.
 *
 * Grafana's dashboard alerts (up to version 10) send one body per rule and change of state. It has no labels, so the
 * rule is the alert: `alertname`, `rule_id`, the tags. What the series were is in the annotation `values`: an alert
 * per series could never end, since the body that says `ok` no longer names them.
 */
import type { AlertTime } from '../alert.ts';
import { alertLabels, BodyFields } from './body-fields.ts';
import type { WebhookAlert } from './webhook-message.ts';

const LINKS = {
  dashboard_url: 'dashboardURL',
  image_url: 'imageURL',
  panel_url: 'panelURL',
  silence_url: 'silenceURL',
  value_string: 'valueString',
} as const;

export function grafanaAnnotations(
  fields: BodyFields,
  place: string,
): readonly (readonly [string, string])[] {
  const known = new Set(fields.pairs('annotations').map(([name]) => name));
  const found: (readonly [string, string])[] = [];
  for (const [name, key] of Object.entries(LINKS)) found.push([name, fields.text(key)]);
  found.push(['values', valuesText(fields, place)]);
  return found.filter(([name, text]) => text !== '' && !known.has(name));
}

/** `{"B": 22, "C": 1}` as `B=22, C=1`; Grafana writes null for values that JSON cannot express. */
function valuesText(fields: BodyFields, place: string): string {
  const record = fields.record('values');
  const values = new BodyFields(record, `${place}.values`);
  return Object.keys(record)
    .map((name) => `${name}=${values.numberText(name)}`)
    .join(', ');
}

const STATES = ['alerting', 'ok', 'no_data', 'paused', 'pending', 'unknown'] as const;

/** One alert, or none for a state that says nothing yet. */
export function legacyGrafanaAlerts(fields: BodyFields, now: AlertTime): readonly WebhookAlert[] {
  const state = fields.oneOf('state', STATES);
  if (state === 'pending' || state === 'unknown') return [];
  const status = state === 'ok' || state === 'paused' ? 'resolved' : 'firing';
  const ruleId = fields.has('ruleId') ? String(fields.count('ruleId')) : '';
  const name = fields.text('ruleName');
  const labels: [string, string][] = [['alertname', name === '' ? `rule ${ruleId}` : name]];
  if (ruleId !== '') labels.push(['rule_id', ruleId]);
  for (const [tag, value] of fields.pairs('tags'))
    if (tag !== 'alertname' && tag !== 'rule_id') labels.push([tag, value]);
  const annotations: [string, string][] = [
    ['summary', fields.text('title')],
    ['description', fields.text('message')],
    ['image_url', fields.text('imageUrl')],
    ['values', matchesText(fields)],
  ];
  return [
    {
      ...alertLabels(
        'the body',
        labels,
        annotations.filter(([, text]) => text !== ''),
      ),
      status,
      startsAt: now,
      endsAt: status === 'resolved' ? now : undefined,
      generatorUrl: fields.text('ruleUrl'),
    },
  ];
}

function matchesText(fields: BodyFields): string {
  return fields
    .list('evalMatches')
    .map((value, i) => {
      const match = new BodyFields(value, `evalMatches[${i}]`);
      return `${match.text('metric')}=${match.numberText('value')}`;
    })
    .join(', ');
}
