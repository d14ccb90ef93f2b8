/** What can be asked for, as somebody types it. */
import { labelValueOf, type Labels } from '@vedette/model';
import type { McpDeps } from '../mcp-deps.ts';

// The protocol's own limit of a completion.
const COMPLETIONS_MAX = 100;

type Alert = ReturnType<McpDeps['alerting']['alerts']>[number];

type Complete = (typed: string) => Promise<string[]>;

/** Ids of runbooks that contain what was typed, those that begin with it first. */
export function runbookIds({ library }: Pick<McpDeps, 'library'>): Complete {
  return async (typed) => {
    const ids = library === undefined ? [] : (await library()).all().map(({ id }) => id);
    return matching(ids, typed);
  };
}

/** Fingerprints of firing alerts: those that begin so, and those whose alert's name contains it. */
export function firingFingerprints(deps: FiringDeps): Complete {
  return (typed) => {
    const word = typed.toLowerCase();
    const found = firingAlertsOf(deps).filter(
      ({ fingerprint, labels }) =>
        fingerprint.startsWith(word) || nameOf(labels).toLowerCase().includes(word),
    );
    return Promise.resolve(found.map(({ fingerprint }) => fingerprint).slice(0, COMPLETIONS_MAX));
  };
}

/** Names of firing alerts, each once. */
export function firingNames(deps: FiringDeps): Complete {
  return (typed) => {
    const names = firingAlertsOf(deps).map(({ labels }) => nameOf(labels));
    return Promise.resolve(matching([...new Set(names)].toSorted(), typed));
  };
}

type FiringDeps = Pick<McpDeps, 'alerting' | 'clock'>;

function firingAlertsOf({ alerting, clock }: FiringDeps): readonly Alert[] {
  const nowMs = clock.nowMs();
  return alerting.alerts().filter(({ endsAt }) => endsAt === undefined || endsAt.ms > nowMs);
}

function nameOf(labels: Labels): string {
  return labelValueOf(labels, 'alertname');
}

function matching(all: readonly string[], typed: string): string[] {
  const word = typed.toLowerCase();
  const found = all.filter((one) => one.toLowerCase().includes(word));
  const isFirst = (one: string): boolean => one.toLowerCase().startsWith(word);
  return [...found.filter(isFirst), ...found.filter((one) => !isFirst(one))].slice(0, COMPLETIONS_MAX);
}
