/**
 * What a person may ask for: a copy of everything kept about them, or its removal.
 *
 * Whoever asks names subjects as they are kept: `vedette privacy` makes every live pseudonym of an id on the
 * application's side, so that the key never comes here. Then, in this order:
 *
 * 1. the guard: decisions, strikes, appeals, what it has in memory;
 * 2. detection: its windows, and the series of the per-user counter;
 * 3. the kept actions;
 * 4. series with a label of that value, wherever they came from: samples are deleted and their files rewritten;
 * 5. alerts, notifications, silences and everything else in the state store that speaks of them; last, since the parts
 *    above may just have written there.
 *
 * What stays, and is said so: an alert that fires now about a subject is written again by its rule until the rule no
 * longer finds it; backups made before; the server's log, which lies where its operator put it.
 */
import { createMatcher, type Clock, type TimeRange } from '@vedette/model';
import type { ActionCount, SubjectKey } from '@vedette/sdk';
import type { PromQuery } from '../../query/metrics/port.ts';
import type { ActionStore } from '../../store/actions/port.ts';
import type { MetricsAdmin } from '../../store/metrics/port.ts';
import type { StateStore } from '../../store/state/port.ts';
import type { DecisionView, GuardService } from '../guard/port.ts';

// A week of somebody who does something every second of the day; 60 MB of JSON would be no answer any more.
const EXPORTED_ACTIONS_MAX = 100_000;

const EVER: TimeRange = { fromMs: -Infinity, untilMs: Infinity };

/** Samples may be from the future by what clocks are wrong. */
const DAY_MS = 86_400_000;

export interface PrivacyDeps {
  readonly clock: Clock;
  readonly guard: Pick<GuardService, 'erase' | 'exportOf'>;
  /** Forgets subjects that it counts. */
  readonly detection: { forget(subjects: readonly SubjectKey[]): void };
  readonly actions: Pick<ActionStore, 'erase' | 'read'>;
  readonly query: Pick<PromQuery, 'labelNames' | 'labelValues'>;
  /** `undefined`: samples are kept elsewhere, and must be deleted there. */
  readonly metrics: Pick<MetricsAdmin, 'deleteSeries' | 'cleanTombstones'> | undefined;
  readonly state: Pick<StateStore, 'erase'>;
}

export interface PrivacyExport {
  readonly atMs: number;
  readonly subjects: readonly SubjectKey[];
  readonly decisions: readonly DecisionView[];
  readonly actions: readonly ActionCount[];
  /** More actions were kept than an export holds. */
  readonly isCut: boolean;
  /** Labels of stored series that have a subject as their value. */
  readonly seriesLabels: readonly { readonly label: string; readonly subject: string }[];
}

export interface PrivacyReport {
  readonly atMs: number;
  readonly decisions: number;
  readonly actions: number;
  readonly series: number;
  readonly stateRecords: number;
  /** What could not be removed here, in sentences. */
  readonly remarks: readonly string[];
}

export interface PrivacyOffice {
  export(subjects: readonly SubjectKey[], signal: AbortSignal): Promise<PrivacyExport>;
  /** Rejects when a part could not be erased; what went is gone, and the same call may be made again. */
  erase(subjects: readonly SubjectKey[], signal: AbortSignal): Promise<PrivacyReport>;
}

export function createPrivacyOffice(deps: PrivacyDeps): PrivacyOffice {
  return {
    export: async (subjects, signal) => {
      const { actions, isCut } = await actionsOf(deps, subjects, signal);
      return {
        atMs: deps.clock.nowMs(),
        subjects,
        decisions: await deps.guard.exportOf(subjects),
        actions,
        isCut,
        seriesLabels: await labelsWith(deps, subjects, signal),
      };
    },
    erase: async (subjects, signal) => {
      const decisions = await deps.guard.erase(subjects);
      deps.detection.forget(subjects);
      const actions = await deps.actions.erase(subjects);
      const { series, remarks } = await eraseSeries(deps, subjects, signal);
      const stateRecords = await deps.state.erase([...new Set(subjects.map(({ subject }) => subject))]);
      return { atMs: deps.clock.nowMs(), decisions, actions, series, stateRecords, remarks };
    },
  };
}

async function actionsOf(
  { actions }: PrivacyDeps,
  subjects: readonly SubjectKey[],
  signal: AbortSignal,
): Promise<{ readonly actions: readonly ActionCount[]; readonly isCut: boolean }> {
  const found: ActionCount[] = [];
  for (const subject of subjects)
    for await (const batch of actions.read({ fromMs: 0, toMs: Infinity, subject }, signal)) {
      found.push(...batch);
      if (found.length > EXPORTED_ACTIONS_MAX)
        return { actions: found.slice(0, EXPORTED_ACTIONS_MAX), isCut: true };
    }
  return { actions: found, isCut: false };
}

async function labelsWith(
  { query, clock }: PrivacyDeps,
  subjects: readonly SubjectKey[],
  signal: AbortSignal,
): Promise<readonly { readonly label: string; readonly subject: string }[]> {
  const request = { matcherSets: [], range: { fromMs: 0, untilMs: clock.nowMs() + DAY_MS } };
  const wanted = new Set(subjects.map(({ subject }) => subject));
  const found: { label: string; subject: string }[] = [];
  for (const label of (await query.labelNames(request, signal)).items)
    for (const value of (await query.labelValues(label, request, signal)).items)
      if (wanted.has(value)) found.push({ label, subject: value });
  return found;
}

async function eraseSeries(
  deps: PrivacyDeps,
  subjects: readonly SubjectKey[],
  signal: AbortSignal,
): Promise<{ readonly series: number; readonly remarks: readonly string[] }> {
  const labels = await labelsWith(deps, subjects, signal);
  if (labels.length === 0) return { series: 0, remarks: [] };
  if (deps.metrics === undefined)
    return {
      series: 0,
      remarks: [
        `samples are kept elsewhere (storage.metrics.engine): delete the series there whose labels ${[...new Set(labels.map(({ label }) => label))].join(', ')} name the subject`,
      ],
    };
  const matcherSets = labels.map(({ label, subject }) => [createMatcher(label, '=', subject)]);
  const series = await deps.metrics.deleteSeries(matcherSets, EVER);
  await deps.metrics.cleanTombstones();
  return { series, remarks: [] };
}
