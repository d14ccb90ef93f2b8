import {
  formatDurationMs,
  InputError,
  labelsFromPairs,
  labelsKeyOf,
  labelValueOf,
  parseDurationMs,
  relabel,
  withLabel,
  type Labels,
} from '@vedette/model';
import type { ScrapeJob } from './job.ts';

/** One address to scrape, after relabelling. */
export interface Target {
  /** Equal for two targets exactly when labels and URL are. */
  readonly key: string;
  readonly discoveredLabels: Labels;
  /** What is added to each series: the labels that do not begin with `__`. */
  readonly labels: Labels;
  readonly url: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export type TargetOutcome =
  | { readonly kind: 'target'; readonly target: Target }
  /** Relabelling dropped it. */
  | { readonly kind: 'dropped'; readonly discoveredLabels: Labels };

/**
 * Makes a target of discovered labels, as Prometheus does: job defaults are filled in where discovery
 * says nothing, relabelling has its say, then `__meta_` labels go and `instance` falls back to the
 * address. No port is added. Throws `InputError` when the result cannot be scraped.
 */
export function createTarget(discovered: Labels, job: ScrapeJob): TargetOutcome {
  const discoveredLabels = withJobDefaults(discovered, job);
  const relabelled = relabel(discoveredLabels, job.relabelRules);
  if (relabelled === undefined) return { kind: 'dropped', discoveredLabels };
  const address = labelValueOf(relabelled, '__address__');
  if (address === '') throw fault('no address');
  if (address.includes('/')) throw fault(`${JSON.stringify(address)} is not a valid hostname`);
  const { intervalMs, timeoutMs } = timingOf(relabelled);
  const labels = labelsFromPairs([...pairsOf(relabelled)].filter(([name]) => !name.startsWith('__')));
  const url = urlOf(relabelled, address, job);
  const labelsWithInstance =
    labelValueOf(labels, 'instance') === '' ? withLabel(labels, 'instance', address) : labels;
  return {
    kind: 'target',
    target: {
      key: `${labelsKeyOf(labelsWithInstance)}\n${url}`,
      discoveredLabels,
      labels: labelsWithInstance,
      url,
      intervalMs,
      timeoutMs,
    },
  };
}

function withJobDefaults(discovered: Labels, job: ScrapeJob): Labels {
  const defaults: [string, string][] = [
    ['job', job.name],
    ['__scrape_interval__', formatDurationMs(job.intervalMs)],
    ['__scrape_timeout__', formatDurationMs(job.timeoutMs)],
    ['__metrics_path__', job.metricsPath],
    ['__scheme__', job.scheme],
  ];
  const params = Object.entries(job.params).map(
    ([name, values]) => [`__param_${name}`, values[0] ?? ''] as const,
  );
  return labelsFromPairs([...defaults, ...pairsOf(discovered), ...params]);
}

function timingOf(labels: Labels): { intervalMs: number; timeoutMs: number } {
  const interval = labelValueOf(labels, '__scrape_interval__');
  const timeout = labelValueOf(labels, '__scrape_timeout__');
  const intervalMs = parseDurationMs(interval);
  if (intervalMs === undefined)
    throw fault(`error parsing scrape interval: not a valid duration string: "${interval}"`);
  if (intervalMs === 0) throw fault('scrape interval cannot be 0');
  const timeoutMs = parseDurationMs(timeout);
  if (timeoutMs === undefined)
    throw fault(`error parsing scrape timeout: not a valid duration string: "${timeout}"`);
  if (timeoutMs === 0) throw fault('scrape timeout cannot be 0');
  if (timeoutMs > intervalMs)
    throw fault(`scrape timeout cannot be greater than scrape interval ("${timeout}" > "${interval}")`);
  return { intervalMs, timeoutMs };
}

/** The job's parameters, with the first value of each replaced by its `__param_` label. */
function urlOf(labels: Labels, address: string, job: ScrapeJob): string {
  const scheme = labelValueOf(labels, '__scheme__') || 'http';
  if (scheme !== 'http' && scheme !== 'https') throw fault(`invalid scheme: ${JSON.stringify(scheme)}`);
  const params = new Map(Object.entries(job.params).map(([name, values]) => [name, [...values]]));
  for (const [name, value] of pairsOf(labels)) {
    if (!name.startsWith('__param_')) continue;
    const values = params.get(name.slice('__param_'.length)) ?? [];
    values[0] = value;
    params.set(name.slice('__param_'.length), values);
  }
  const query = new URLSearchParams();
  for (const name of [...params.keys()].sort())
    for (const value of params.get(name) ?? []) query.append(name, value);
  const path = labelValueOf(labels, '__metrics_path__').replace(/^(?!\/)/, '/');
  const search = query.size === 0 ? '' : `?${query.toString()}`;
  const text = `${scheme}://${address}${encodePath(path)}${search}`;
  if (!URL.canParse(text) || new URL(text).username !== '')
    throw fault(`invalid address ${JSON.stringify(address)}`);
  return text;
}

function encodePath(path: string): string {
  return encodeURI(path.toWellFormed()).replace(/[?#]/g, (character) => (character === '?' ? '%3F' : '%23'));
}

function* pairsOf(labels: Labels): Iterable<readonly [name: string, value: string]> {
  for (let i = 0; i < labels.length; i += 2) yield [labels[i] ?? '', labels[i + 1] ?? ''];
}

function fault(message: string): InputError {
  return new InputError('VED_SCRAPE_FAILED', message);
}
