import type { FamilySample, MetricFamily } from '@vedette/sdk';
import { formatValue } from '../prometheus-api/go-text.ts';

/** Content types of the two formats we write. */
export const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
export const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Prometheus text 0.0.4. */
export function textExposition(families: readonly MetricFamily[]): string {
  let text = '';
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue;
    text += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const sample of samples) text += sampleLine(sample);
  }
  return text;
}

/** OpenMetrics 1.0: a counter's family is named without `_total`, quotes in help are escaped, the end is marked. */
export function openMetricsExposition(families: readonly MetricFamily[]): string {
  let text = '';
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue;
    const family = type === 'counter' ? name.replace(/_total$/, '') : name;
    text += `# TYPE ${family} ${type}\n# HELP ${family} ${escapeHelp(help).replaceAll('"', '\\"')}\n`;
    for (const sample of samples) text += sampleLine(sample);
  }
  return `${text}# EOF\n`;
}

/** Whether the caller prefers OpenMetrics by its `Accept` header, quality values included. */
export function prefersOpenMetrics(accept: string): boolean {
  let openMetrics = 0;
  let text = 0;
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const quality = Number(parameters.find((part) => part.startsWith('q='))?.slice(2) ?? 1);
    const version = parameters.find((part) => part.startsWith('version='))?.slice('version='.length);
    if (type === 'application/openmetrics-text' && (version === undefined || version === '1.0.0'))
      openMetrics = Math.max(openMetrics, quality);
    if (type === 'text/plain' || type === 'text/*' || type === '*/*') text = Math.max(text, quality);
  }
  return openMetrics > 0 && openMetrics >= text;
}

function sampleLine({ name, labels, value }: FamilySample): string {
  let pairs = '';
  for (let i = 0; i < labels.length; i += 2)
    pairs += `${i === 0 ? '' : ','}${labels[i]}="${escapeLabelValue(labels[i + 1] ?? '')}"`;
  return `${name}${pairs === '' ? '' : `{${pairs}}`} ${formatValue(value)}\n`;
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabelValue(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
