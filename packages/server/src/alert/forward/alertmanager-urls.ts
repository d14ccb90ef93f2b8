import { posix } from 'node:path';
import { labelsFromPairs, labelValueOf, relabel, type Labels } from '@vedette/model';
import type { AlertmanagerConfig } from './config.ts';

export interface AlertmanagerUrls {
  /** To which alerts are posted; none stands twice. */
  readonly active: readonly string[];
  /** Which relabelling dropped. */
  readonly dropped: readonly string[];
  /** Labels that make no address. */
  readonly faulty: readonly Labels[];
}

const PATH = '__alerts_path__';

/**
 * The addresses that targets stand for, as in Prometheus: scheme and path are labels before relabelling, and what
 * relabelling leaves of them counts.
 */
export function alertmanagerUrlsOf(config: AlertmanagerConfig, targets: readonly Labels[]): AlertmanagerUrls {
  const active = new Set<string>();
  const dropped: string[] = [];
  const faulty: Labels[] = [];
  for (const target of targets) {
    const labels = withDefaults(target, config);
    const kept = relabel(labels, config.relabel_configs);
    const url = urlOf(kept ?? labels);
    if (url === undefined) faulty.push(target);
    else if (kept === undefined) dropped.push(url);
    else active.add(url);
  }
  return { active: [...active], dropped, faulty };
}

/** The target's own labels win. */
function withDefaults(target: Labels, { scheme, path_prefix }: AlertmanagerConfig): Labels {
  const pairs: [string, string][] = [
    ['__scheme__', scheme],
    [PATH, posix.join('/', path_prefix, '/api/v2/alerts')],
  ];
  for (let i = 0; i < target.length; i += 2) pairs.push([target[i] ?? '', target[i + 1] ?? '']);
  return labelsFromPairs(pairs);
}

/** A name with a password in it would stand in metrics and logs: it is none. */
function urlOf(labels: Labels): string | undefined {
  const scheme = labelValueOf(labels, '__scheme__');
  const address = labelValueOf(labels, '__address__');
  const text = `${scheme}://${address}${labelValueOf(labels, PATH)}`;
  if (!/^https?$/.test(scheme) || address === '' || /[/@?#\\]/.test(address) || !URL.canParse(text))
    return undefined;
  return new URL(text).href;
}
