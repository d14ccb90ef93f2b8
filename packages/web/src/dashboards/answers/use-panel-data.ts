import {
  applyFields,
  fillText,
  framesOfColumns,
  framesOfMatrix,
  framesOfVector,
  transformFrames,
  type DataFrame,
  type Panel,
  type Scope,
} from '@vedette/dashboard';
import { useMemo } from 'react';
import { browserClock } from '../../lib/browser-clock.ts';
import type { TimeRange } from '../../time/time-range.ts';
import { useBoard } from '../view/board-state.ts';
import { rangeOfPanel } from './dashboard-range.ts';
import { createPanelScope, questionsOf, type ShownPanel } from './shown-panels.ts';
import { useAnswers, type Answer, type Answers, type Question } from './use-answers.ts';

/** What a panel shows, and the state of its questions. */
export interface PanelData {
  readonly title: string;
  readonly frames: readonly DataFrame[];
  readonly questions: readonly Question[];
  readonly faults: Answers['faults'];
  readonly isLoading: boolean;
  readonly isStale: boolean;
  /** The panel's own, where it has one. */
  readonly range: TimeRange;
  /** Of the newest point; absent: there is none. */
  readonly newestMs: number | undefined;
  readonly fill: (text: string) => string;
  readonly cancel: () => void;
  /** Asks again what failed, where that helps. */
  readonly retry?: () => Promise<unknown>;
}

/** Asks what a panel asks, and brings the answers into the form in which it is drawn. */
export function usePanelData(shown: ShownPanel, isVisible: boolean): PanelData {
  const board = useBoard();
  const { panel } = shown;
  const { dashboard, resolved, openedAtMs, timezone, scrapeIntervalMs } = board;
  const range = useMemo(() => rangeOfPanel(board.range, panel, browserClock.nowMs()), [board.range, panel]);
  const scope = useMemo(
    () => createPanelScope({ dashboard, resolved, range, openedAtMs, timezone, scrapeIntervalMs }, shown),
    [dashboard, resolved, range, openedAtMs, timezone, scrapeIntervalMs, shown],
  );
  const questions = useMemo(() => questionsOf(panel, scope), [panel, scope]);
  const { answers, faults, ...state } = useAnswers({
    questions,
    range,
    isVisible,
    refreshMs: dashboard.refreshMs,
  });
  const frames = useFrames({ panel, scope, questions, answers });
  return {
    ...state,
    title: fillText(panel.title, scope, 'text'),
    frames: frames.frames,
    questions,
    faults: frames.fault === undefined ? faults : [...faults, { refId: '', message: frames.fault }],
    range,
    newestMs: newestOf(answers),
    fill: (text) => fillText(text, scope, 'text'),
  };
}

interface FramesRequest {
  readonly panel: Panel;
  readonly scope: Scope;
  readonly questions: readonly Question[];
  readonly answers: readonly (Answer | undefined)[];
}

/** A transformation that cannot be done is said in the panel; what was asked for is shown without it. */
function useFrames({ panel, scope, questions, answers }: FramesRequest) {
  const bodies = answers.map((answer) => (answer?.kind === 'columns' ? answer.frame : answer?.series));
  return useMemo(() => {
    const raw = questions.flatMap((question, i) => framesOf(panel, question, answers[i]));
    const legends = new Map(panel.queries.map(({ refId, legend }) => [refId, legend]));
    const look = (frames: readonly DataFrame[]): readonly DataFrame[] =>
      applyFields(frames, panel.field, { scope, legends });
    try {
      return {
        frames: look(transformFrames(look(raw), panel.transformations, { scope, legends })),
        fault: undefined,
      };
    } catch (fault) {
      return { frames: look(raw), fault: fault instanceof Error ? fault.message : String(fault) };
    }
    // An answer is a new object with each render; what it holds changes when its body does.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [panel, scope, questions, ...padded(bodies)]);
}

/** A list of dependencies must not change its length: as many as a panel has queries at most, the rest as one. */
function padded(bodies: readonly unknown[]): readonly unknown[] {
  return Array.from({ length: BODIES_WATCHED }, (_, i) => bodies[i]);
}

/** Letters for queries, twice: a query may be asked over the range and at its end. */
const BODIES_WATCHED = 52;

function framesOf(panel: Panel, question: Question, answer: Answer | undefined): readonly DataFrame[] {
  if (answer === undefined) return [];
  const query = panel.queries.find(({ refId }) => refId === question.refId);
  const format = query?.format ?? 'time_series';
  const asked = { refId: question.refId, legend: query?.legend ?? '', format };
  if (answer.kind === 'columns') {
    const { t0, step, n, series } = answer.frame;
    return framesOfColumns(asked, {
      t0,
      step,
      n,
      series: series.map(({ labels, values }) => ({ l: labels, v: values })),
    });
  }
  if (question.mode === 'instant') return framesOfVector(asked, answer.series);
  return framesOfMatrix(asked, answer.series);
}

function newestOf(answers: readonly (Answer | undefined)[]): number | undefined {
  const times = answers.flatMap((answer) =>
    answer?.kind === 'columns' && answer.frame.n > 0
      ? [answer.frame.t0 + (answer.frame.n - 1) * answer.frame.step]
      : [],
  );
  return times.length === 0 ? undefined : Math.max(...times);
}
