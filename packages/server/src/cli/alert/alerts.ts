/** `vedette alert add` and `vedette alert query`. */
import { z } from 'zod';
import { formatAlertMatcher } from '../../alert/matchers/matcher.ts';
import { EXIT, parseOptions, UsageError, type CliIo } from '../command.ts';
import { openAlertClient, SERVER_OPTIONS } from './alert-client.ts';
import { labelRecordOf, matchersOf, timeOf } from './arguments.ts';
import { OUTPUT_OPTIONS, outputFormOf, pairsText, tableText, timeText } from './output.ts';

const alert = z.looseObject({
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  startsAt: z.string(),
  endsAt: z.string(),
  fingerprint: z.string(),
  generatorURL: z.string().optional(),
  status: z.looseObject({ state: z.string() }),
});

export async function addAlert(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    ...SERVER_OPTIONS,
    start: { type: 'string' },
    end: { type: 'string' },
    annotation: { type: 'string', multiple: true },
    'generator-url': { type: 'string' },
  });
  if (positionals.length === 0) throw new UsageError('want the labels of the alert, such as alertname=X');
  const labels = labelRecordOf(positionals);
  const annotations = annotationsOf(values.annotation ?? []);
  const { start, end, 'generator-url': generatorURL } = values;
  const posted = {
    labels,
    annotations,
    ...(start === undefined ? {} : { startsAt: isoOf(timeOf('--start', start)) }),
    ...(end === undefined ? {} : { endsAt: isoOf(timeOf('--end', end)) }),
    ...(generatorURL === undefined ? {} : { generatorURL }),
  };
  const client = await openAlertClient(values, io);
  const request = { method: 'POST', path: '/api/v2/alerts', body: [posted] } as const;
  await client.ask('cannot add the alert', z.unknown(), request);
  return EXIT.ok;
}

export async function queryAlerts(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    ...SERVER_OPTIONS,
    ...OUTPUT_OPTIONS,
    active: { type: 'boolean', short: 'a' },
    silenced: { type: 'boolean', short: 's' },
    inhibited: { type: 'boolean', short: 'i' },
    unprocessed: { type: 'boolean', short: 'u' },
    receiver: { type: 'string', short: 'r' },
  });
  const form = outputFormOf(values);
  const { active = false, silenced = false, inhibited = false, unprocessed = false } = values;
  const isAnyChosen = active || silenced || inhibited || unprocessed;
  const query = new URLSearchParams({
    active: String(active || !isAnyChosen),
    silenced: String(silenced),
    inhibited: String(inhibited),
    unprocessed: String(unprocessed),
  });
  if (values.receiver !== undefined) query.set('receiver', values.receiver);
  for (const matcher of matchersOf(positionals)) query.append('filter', formatAlertMatcher(matcher));
  const client = await openAlertClient(values, io);
  const path = `/api/v2/alerts?${query.toString()}`;
  const alerts = await client.ask('cannot list alerts', z.array(alert), { path });
  io.out(form === 'json' ? `${JSON.stringify(alerts)}\n` : alertTable(alerts, form));
  return EXIT.ok;
}

function alertTable(alerts: readonly z.infer<typeof alert>[], form: 'simple' | 'extended'): string {
  const sorted = alerts.toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt));
  if (form === 'simple')
    return tableText([
      ['Alertname', 'Starts At', 'Summary', 'State'],
      ...sorted.map(({ labels, annotations, startsAt, status }) => [
        labels['alertname'] ?? '',
        timeText(startsAt),
        annotations['summary'] ?? '',
        status.state,
      ]),
    ]);
  return tableText([
    ['Labels', 'Annotations', 'Starts At', 'Ends At', 'Generator URL', 'State', 'Fingerprint'],
    ...sorted.map((one) => [
      pairsText(one.labels),
      pairsText(one.annotations),
      timeText(one.startsAt),
      timeText(one.endsAt),
      one.generatorURL ?? '',
      one.status.state,
      one.fingerprint,
    ]),
  ]);
}

function annotationsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const cut = text.indexOf('=');
      if (cut < 1) throw new UsageError(`want an annotation as NAME=VALUE; got "${text}"`);
      return [text.slice(0, cut), text.slice(cut + 1)];
    }),
  );
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
