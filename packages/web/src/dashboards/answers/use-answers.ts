import { keepPreviousData, useQueries, useQueryClient } from '@tanstack/react-query';
import { useContext, useRef } from 'react';
import type { Frame } from '../../chart/frame.ts';
import { browserClock } from '../../lib/browser-clock.ts';
import { LiveContext, useLive, useLiveHealth } from '../../live/use-live.ts';
import { formatSpan, spanMsOf, type TimeRange } from '../../time/time-range.ts';
import { askInstant, askRange, type AnswerSeries } from './ask.ts';

/** A question of a panel, with all variables filled in. */
export interface Question {
  readonly refId: string;
  readonly expr: string;
  readonly mode: 'range' | 'instant';
  readonly stepMs: number;
  /** Native histograms have no place in the live socket's columns. */
  readonly needsWhole: boolean;
}

export interface AnswersRequest {
  readonly questions: readonly Question[];
  readonly range: TimeRange;
  /** What is not on screen is not asked for. */
  readonly isVisible: boolean;
  /** How often the file wants to be asked anew; 0: as often as we see fit. */
  readonly refreshMs: number;
}

export type Answer =
  | { readonly kind: 'columns'; readonly frame: Frame }
  | { readonly kind: 'series'; readonly series: readonly AnswerSeries[] };

export interface Answers {
  /** In the order of the questions; `undefined`: none yet. */
  readonly answers: readonly (Answer | undefined)[];
  readonly faults: readonly { readonly refId: string; readonly message: string }[];
  readonly isLoading: boolean;
  /** What is there answers the question before. */
  readonly isStale: boolean;
  readonly cancel: () => void;
  /** Asks again at once what failed; absent: nothing did, or the live connection tells by itself. */
  readonly retry?: () => Promise<unknown>;
}

/** Points of a live window (`LIVE_LIMITS.pointsMax`, which would bring the schemas of the whole API along). */
const LIVE_POINTS_MAX = 2000;

/** Without a socket, and for what it does not carry. */
const POLL_MS = 30_000;

/** A file that wants more is asked so often. */
const POLL_MS_MIN = 5000;

/**
 * The answers to a panel's questions. Range questions of one step go over the live socket while the
 * range moves with the clock; everything else is asked over HTTP, each by itself, so that one that
 * fails leaves the others alone. Equal questions of two panels are one: the socket shares them on the
 * server, the cache of queries in the page.
 */
export function useAnswers(request: AnswersRequest): Answers {
  const { questions, range, isVisible, refreshMs } = request;
  const queries = useQueryClient();
  const liveQuestions = useLiveQuestions(request);
  const live = useLiveAnswers(liveQuestions, range, isVisible);
  const isLive = liveQuestions.length > 0 && live.error === undefined;
  const isPolled = (question: Question): boolean => !(isLive && liveQuestions.includes(question));
  const keyOf = ({ expr, mode, stepMs }: Question) => [
    'panel',
    mode,
    expr,
    range,
    mode === 'range' ? stepMs : 0,
  ];
  const polled = useQueries({
    queries: questions.map((question) => ({
      queryKey: keyOf(question),
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => {
        const nowMs = browserClock.nowMs();
        return question.mode === 'range'
          ? askRange(question.expr, { range, stepMs: question.stepMs }, nowMs, signal)
          : askInstant(question.expr, range, nowMs, signal);
      },
      enabled: isVisible && isPolled(question),
      refetchInterval: intervalOf(range, refreshMs),
      placeholderData: keepPreviousData,
    })),
  });
  const answers = questions.map((question, i): Answer | undefined => {
    if (isPolled(question)) {
      const series = polled[i]?.data;
      return series === undefined ? undefined : { kind: 'series', series };
    }
    return live.columns[liveQuestions.indexOf(question)];
  });
  const faults = questions.flatMap((question, i) => {
    const message = isPolled(question)
      ? polled[i]?.error?.message
      : live.faults[liveQuestions.indexOf(question)];
    return message === undefined ? [] : [{ refId: question.refId, message }];
  });
  const isWaiting = questions.some(
    ({ refId }, i) => answers[i] === undefined && !faults.some((fault) => fault.refId === refId),
  );
  const failed = polled.filter(({ error }, i) => error !== null && isPolledAt(i));
  return {
    answers,
    faults,
    ...(failed.length === 0 ? {} : { retry: () => Promise.all(failed.map(({ refetch }) => refetch())) }),
    isLoading: isWaiting && answers.every((answer) => answer === undefined),
    isStale: live.isStale || polled.some(({ isPlaceholderData }, i) => isPlaceholderData && isPolledAt(i)),
    cancel: () => {
      for (const question of questions) void queries.cancelQueries({ queryKey: keyOf(question) });
    },
  };

  function isPolledAt(i: number): boolean {
    const question = questions[i];
    return question !== undefined && isPolled(question);
  }
}

/** Those that the socket can carry: one subscription has one step. */
function useLiveQuestions({ questions, range }: AnswersRequest): readonly Question[] {
  const health = useLiveHealth();
  const hasSocket = useContext(LiveContext) !== undefined;
  if (!hasSocket || health.kind === 'offline' || health.kind === 'refused') return [];
  const ranged = questions.filter(({ mode }) => mode === 'range');
  const [first] = ranged;
  const isCarried =
    first !== undefined &&
    range.kind === 'relative' &&
    spanMsOf(range) / first.stepMs < LIVE_POINTS_MAX &&
    ranged.every(({ stepMs, needsWhole }) => stepMs === first.stepMs && !needsWhole);
  return isCarried ? ranged : [];
}

function useLiveAnswers(questions: readonly Question[], range: TimeRange, isVisible: boolean) {
  const [first] = questions;
  const isWanted = first !== undefined && range.kind === 'relative';
  const params = isWanted
    ? {
        exprs: questions.map(({ expr }) => expr),
        start: `now-${formatSpan(range.spanMs)}`,
        end: 'now' as const,
        step: first.stepMs,
      }
    : undefined;
  const { value, error } = useLive(
    params === undefined || !isVisible ? undefined : { topic: 'query', params },
  );
  const shown = value?.topic === 'query' ? value : undefined;
  const isStale = useIsOfBefore(JSON.stringify(params), shown);
  const columns = questions.map((_, q): Answer | undefined =>
    shown === undefined || (isStale && shown.frame.series.some((series) => series.q >= questions.length))
      ? undefined
      : {
          kind: 'columns',
          frame: { ...shown.frame, series: shown.frame.series.filter((one) => one.q === q) },
        },
  );
  const faults = questions.map((_, q) =>
    isStale ? undefined : shown?.errors.find((fault) => fault.q === q)?.message,
  );
  return { columns, faults, error, isStale: isStale && isWanted };
}

/** Whether a value came before the question changed. */
function useIsOfBefore(question: string | undefined, value: object | undefined): boolean {
  const seen = useRef({ question, before: undefined as object | undefined });
  if (seen.current.question !== question) seen.current = { question, before: value };
  return value !== undefined && value === seen.current.before;
}

function intervalOf(range: TimeRange, refreshMs: number): number | false {
  if (range.kind === 'absolute') return false;
  return refreshMs === 0 ? POLL_MS : Math.max(POLL_MS_MIN, refreshMs);
}
