/** For tests: stories told in samples, alerts and rules, and the agent that reads them. */
import { analysisReport, type AnalysisReport, type Evidence } from '@vedette/api';
import { labelsOf, MemoryMetrics, SeededRandom, VirtualClock, type Labels } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { fingerprintOf } from '../../alert/index.ts';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { queryConfigSchema } from '../../query/metrics/config.ts';
import { createEmbeddedPromQuery } from '../../query/metrics/embedded.ts';
import type { PromQuery } from '../../query/metrics/port.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import type { RunbookLibrary } from '../runbook/runbook.ts';
import type { AgentAlert, AgentRule, AgentRuleGroup } from './agent-world.ts';
import { analyse } from './analyse.ts';
import { subjectOf } from './subject.ts';

export const NOW_MS = Date.parse('2026-11-21T10:00:00Z');
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

export const NO_RUNBOOKS: RunbookLibrary = {
  all: () => [],
  find: () => undefined,
  match: () => [],
  search: () => [],
  problems: () => [],
};

export function alertFixture(
  labels: Readonly<Record<string, string>>,
  more: {
    readonly startsAtMs?: number;
    readonly endsAtMs?: number;
    readonly generatorUrl?: string;
    readonly source?: string;
  } = {},
): AgentAlert {
  const { startsAtMs = NOW_MS - 5 * MINUTE_MS, endsAtMs, generatorUrl = '', source } = more;
  const all = labelsOf(labels);
  return {
    fingerprint: fingerprintOf(all),
    labels: all,
    annotations: labelsOf({ summary: 'something is wrong' }),
    startsAt: { ms: startsAtMs, text: '' },
    endsAt: endsAtMs === undefined ? undefined : { ms: endsAtMs, text: '' },
    isEndAssumed: false,
    updatedAt: { ms: startsAtMs, text: '' },
    generatorUrl,
    ...(source === undefined ? {} : { source }),
  };
}

export function ruleFixture(name: string, expr: string, labels: AgentRule['labels'] = []): AgentRuleGroup {
  return { rules: [{ rule: { kind: 'alerting', name, expr, forMs: 0, labels } }] };
}

/** Samples in memory, with the noise of real ones. */
export class Story {
  readonly samples = new MemoryMetrics();
  readonly #random = new SeededRandom(7);

  /** A point every half minute from `fromMs` to `untilMs`; `level` is given the time before now, in minutes, below zero. */
  gauge(
    labels: Readonly<Record<string, string>>,
    level: (minute: number) => number | undefined,
    options: StoryOptions = {},
  ): this {
    return this.#write(labelsOf(labels), options, (minute, noise) => {
      const value = level(minute);
      return value === undefined ? undefined : value * noise;
    });
  }

  /** A counter that grows by `perSecond`. */
  counter(
    labels: Readonly<Record<string, string>>,
    perSecond: (minute: number) => number,
    options: StoryOptions = {},
  ): this {
    let total = 1000;
    return this.#write(
      labelsOf(labels),
      options,
      (minute, noise) => (total += Math.max(0, perSecond(minute) * noise * 30)),
    );
  }

  #write(
    labels: Labels,
    options: StoryOptions,
    valueAt: (minute: number, noise: number) => number | undefined,
  ): this {
    const { fromMs = NOW_MS - 4 * HOUR_MS, untilMs = NOW_MS, noise = 0.02 } = options;
    for (let ms = fromMs; ms <= untilMs; ms += 30_000) {
      const value = valueAt((ms - NOW_MS) / MINUTE_MS, 1 + noise * (this.#random.float() - 0.5));
      if (value !== undefined) this.samples.add(labels, ms, value);
    }
    return this;
  }

  get query(): PromQuery {
    const clock = new VirtualClock({ startMs: NOW_MS });
    const deps = {
      reader: this.samples,
      slicer: new TimeSlicer(clock),
      clock,
      registry: createMetricsRegistry(),
    };
    return createEmbeddedPromQuery(deps, queryConfigSchema.parse({}));
  }
}

export interface StoryOptions {
  readonly fromMs?: number;
  readonly untilMs?: number;
  /** Part of the value; 0 for what counts or says yes and no. */
  readonly noise?: number;
}

export interface AskedStory {
  readonly alerts: readonly AgentAlert[];
  /** Other alerts that are known. */
  readonly others?: readonly AgentAlert[];
  readonly rules?: readonly AgentRuleGroup[];
  readonly library?: RunbookLibrary;
  readonly query: PromQuery;
  readonly clock?: VirtualClock;
  readonly atMs?: number;
}

/** The report on these alerts; it satisfies its schema, and all it points to is there. */
export async function reportOn(
  asked: AskedStory,
  signal = new AbortController().signal,
): Promise<AnalysisReport> {
  const { alerts, others = [], rules = [], query, library = NO_RUNBOOKS, atMs = NOW_MS } = asked;
  const clock = asked.clock ?? new VirtualClock({ startMs: atMs });
  const kind = alerts.length > 1 ? 'group' : 'alert';
  const subject = subjectOf({ kind, alerts, rules, externalLabels: new Set(['site']), nowMs: atMs });
  if (subject === undefined) throw new Error('the story has no alert');
  const report = await analyse(
    { clock, log: SILENT_LOG, query, slicer: new TimeSlicer(clock), library: () => Promise.resolve(library) },
    { id: 'r1', atMs, subject, alerts: [...alerts, ...others], group: alerts },
    signal,
  );
  return assertSound(report);
}

/**
 * What JSON makes of it satisfies the schema, every reference anywhere in it leads to evidence, claims have some, and no
 * evidence stands there for nothing.
 */
export function assertSound(report: AnalysisReport): AnalysisReport {
  const parsed = analysisReport.parse(JSON.parse(JSON.stringify(report)));
  const { change, relatedSeries, suspects, blastRadius, evidence } = parsed;
  const ids = new Set(evidence.map(({ id }) => id));
  if (ids.size !== evidence.length) throw new Error('two pieces of evidence have one id');
  const claims: readonly (readonly [what: string, evidence: readonly string[]])[] = [
    ...(change === null ? [] : [['change', [change.evidence]] as const]),
    ...relatedSeries.map((one) => [one.metric, [one.evidence]] as const),
    ...suspects.map(({ entity, evidenceFor }) => [entity, evidenceFor] as const),
    ...(blastRadius.traffic === null ? [] : [['traffic', blastRadius.evidence] as const]),
    ...(blastRadius.targets.total === 0 ? [] : [['targets', blastRadius.evidence] as const]),
  ];
  for (const [what, own] of claims)
    if (own.length === 0) throw new Error(`the claim ${what} has no evidence`);
  const references = new Set(referencesOf(parsed));
  for (const id of references)
    if (!ids.has(id)) throw new Error(`the report points to ${id}, which is not there`);
  for (const one of evidence)
    if (!references.has(one.id) && !isToldElsewhere(one, parsed))
      throw new Error(`nothing points to ${one.id}: ${one.text}`);
  return parsed;
}

/** Of all fields whose name begins with `evidence`. */
function referencesOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const own = key.startsWith('evidence') ? [inner].flat() : [];
    return [...own.filter((one) => typeof one === 'string'), ...referencesOf(inner)];
  });
}

/** What was changed nearby has no other place in the report than its evidence. */
const NEARBY = / (went down|was started|was booted|runs .+ instead of .+) .*it began$/s;

/** Where nothing points to evidence by its id: what the report lists by itself, and observations too weak for a suspect. */
function isToldElsewhere({ kind, text, link }: Evidence, report: AnalysisReport): boolean {
  switch (kind) {
    case 'alert':
      return report.relatedAlerts.some((one) => text === `${one.name} fires: ${one.text}`);
    case 'runbook':
      return report.runbooks.some((one) => one.link === link);
    case 'series':
    case 'target':
      return NEARBY.test(text);
    case 'traffic':
      return text.includes(' of the failing requests, of ');
    case 'expression':
    case 'call-graph':
    case 'guard':
      return false;
  }
}
