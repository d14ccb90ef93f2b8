/**
 * What a person may ask for: a copy of everything kept about them, or its removal.
 *
 * Whoever asks names subjects as they are kept: `vedette privacy` makes every live pseudonym of an id on the
 * application's side, so that the key never comes here. From then on their late actions are kept out
 * (`erased-subjects.ts`). Then, in this order:
 *
 * 1. the guard: decisions, strikes, appeals, what it has in memory;
 * 2. detection: its windows, and the series of the per-user counter;
 * 3. the kept actions;
 * 4. series with a label of that value, wherever they came from;
 * 5. what rules, alerts and collectors hold in memory and would write again (`SubjectMemory`), then once more the series:
 *    a rule may have written one meanwhile. What was deleted goes from the files, which are rewritten;
 * 6. alerts, notifications, silences and everything else in the state store that speaks of them; last, since the parts
 *    above may just have written there.
 *
 * What stays, and is said so: backups made before; what applications still send or expose; what receivers were told; the
 * server's log, which lies where its operator put it.
 */
import { createMatcher, type Clock, type TimeRange } from '@vedette/model';
import type { ActionCount, SubjectKey } from '@vedette/sdk';
import type { PromQuery } from '../../query/metrics/port.ts';
import type { ActionStore } from '../../store/actions/port.ts';
import type { MetricsAdmin } from '../../store/metrics/port.ts';
import { mentions, WORD_CHARS_MIN } from '../../lib/mentions.ts';
import type { StateMention, StateStore } from '../../store/state/port.ts';
import type { ErasedSubjects } from './erased-subjects.ts';
import type { DecisionView, GuardService } from '../guard/port.ts';

// A week of somebody who does something every second of the day; 60 MB of JSON would be no answer any more.
const EXPORTED_ACTIONS_MAX = 100_000;

// Alerts and notifications about somebody who was refused every day for months.
const EXPORTED_STATE_RECORDS_MAX = 10_000;

const EVER: TimeRange = { fromMs: -Infinity, untilMs: Infinity };

/** Samples may be from the future by what clocks are wrong. */
const DAY_MS = 86_400_000;

/** Holds in memory what speaks of subjects, and would write it again. */
export interface SubjectMemory {
  /**
   * Lets go of everything in which `speaks` finds a subject; it takes any text, list or record. Resolves when nothing that is
   * under way will write it. Calling twice is safe.
   */
  forget(speaks: (value: unknown) => boolean): Promise<void>;
}

export interface PrivacyDeps {
  readonly clock: Clock;
  readonly guard: Pick<GuardService, 'erase' | 'exportOf'>;
  /** Forgets subjects that it counts. */
  readonly detection: { forget(subjects: readonly SubjectKey[]): void };
  readonly actions: Pick<ActionStore, 'erase' | 'read'>;
  readonly query: Pick<PromQuery, 'labelNames' | 'labelValues'>;
  /** `undefined`: samples are kept elsewhere, and must be deleted there. */
  readonly metrics: Pick<MetricsAdmin, 'deleteSeries' | 'deleteExemplars' | 'cleanTombstones'> | undefined;
  readonly state: Pick<StateStore, 'erase' | 'mentionsOf'>;
  /** In the order of the stages: what one tells the next is let go of there afterwards. */
  readonly memories: readonly SubjectMemory[];
  /** Keeps out what is late. */
  readonly erased: Pick<ErasedSubjects, 'begin' | 'end'>;
}

export interface PrivacyExport {
  readonly atMs: number;
  readonly subjects: readonly SubjectKey[];
  readonly decisions: readonly DecisionView[];
  readonly actions: readonly ActionCount[];
  /** Alerts, notifications, silences, words of reviewers: what speaks of them. Texts about others may be among it. */
  readonly stateRecords: readonly StateMention[];
  /** More actions or records were kept than an export holds. */
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
      const stateRecords = await deps.state.mentionsOf(textsOf(subjects), EXPORTED_STATE_RECORDS_MAX + 1);
      return {
        atMs: deps.clock.nowMs(),
        subjects,
        decisions: await deps.guard.exportOf(subjects),
        actions,
        stateRecords: stateRecords.slice(0, EXPORTED_STATE_RECORDS_MAX),
        isCut: isCut || stateRecords.length > EXPORTED_STATE_RECORDS_MAX,
        seriesLabels: await labelsWith(deps, subjects, signal),
      };
    },
    erase: async (subjects, signal) => {
      deps.erased.begin(subjects);
      try {
        return await eraseAll(deps, subjects, signal);
      } finally {
        deps.erased.end(subjects);
      }
    },
  };
}

async function eraseAll(
  deps: PrivacyDeps,
  subjects: readonly SubjectKey[],
  signal: AbortSignal,
): Promise<PrivacyReport> {
  const { decisions, records } = await deps.guard.erase(subjects);
  deps.detection.forget(subjects);
  const actions = await deps.actions.erase(subjects);
  const texts = textsOf(subjects);
  const speaks = (value: unknown): boolean => mentions(value, texts);
  const before = await deleteSeries(deps, subjects, signal);
  for (const memory of deps.memories) await memory.forget(speaks);
  await deps.metrics?.deleteExemplars((labels, exemplar) => speaks([labels, exemplar.labels]));
  const after = await deleteSeries(deps, subjects, signal);
  const series = before.series + after.series;
  if (series > 0) await deps.metrics?.cleanTombstones();
  const stateRecords = records + (await deps.state.erase(texts));
  const remarks = [...remarksOn(texts), ...after.remarks];
  return { atMs: deps.clock.nowMs(), decisions, actions, series, stateRecords, remarks };
}

function textsOf(subjects: readonly SubjectKey[]): readonly string[] {
  return [...new Set(subjects.map(({ subject }) => subject))];
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

async function deleteSeries(
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
  return { series, remarks: [] };
}

function remarksOn(texts: readonly string[]): readonly string[] {
  return texts
    .filter((text) => text.length < WORD_CHARS_MIN)
    .map(
      (text) =>
        `"${text}" is shorter than ${WORD_CHARS_MIN} characters: texts that people wrote, such as comments of silences, may have it in the middle of a sentence; look there yourself`,
    );
}
