import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { parseDurationMs } from '@vedette/model';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '../shell/page.tsx';
import type { ExploreSearch } from '../search.ts';
import { stepMsOf } from '../time/step.ts';
import { spanMsOf, type TimeRange } from '../time/time-range.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import css from './explore.module.css';
import { Examples } from './examples.tsx';
import { ExplainView } from './explain-view.tsx';
import { GraphView } from './graph-view.tsx';
import { QueryBar } from './query-bar.tsx';
import { forget, loadHistory, remember } from './query-history.ts';
import { TableView } from './table-view.tsx';

/** A question in PromQL and its answer. The URL holds what was run; the draft is the editor's own. */
export function ExplorePage() {
  const { t } = useTranslation();
  const { expr = '', view = 'graph', step } = useSearch({ from: '/explore' });
  const navigate = useNavigate({ from: '/explore' });
  const queries = useQueryClient();
  const { range } = useTimeRange();
  const [draft, setDraft] = useState(expr);
  const [history, setHistory] = useState(() => loadHistory(localStorage));
  useEffect(() => setDraft(expr), [expr]);
  const chosen = chooseStep(step, range, t('explore.stepFault'));
  const change = (next: { [K in keyof ExploreSearch]: ExploreSearch[K] | undefined }): void =>
    void navigate({ search: (old) => withoutAbsent({ ...old, ...next }) });
  const run = (wanted: string): void => {
    const trimmed = wanted.trim();
    if (trimmed === '') return;
    setDraft(trimmed);
    setHistory(remember(localStorage, trimmed));
    change({ expr: trimmed });
    void queries.invalidateQueries({ queryKey: ['series', [trimmed]] });
    void queries.invalidateQueries({ queryKey: ['instant', trimmed] });
  };
  return (
    <Page title={t('nav.explore')} hasTime>
      <div className={css.page}>
        <QueryBar
          draft={draft}
          onDraft={setDraft}
          onRun={run}
          history={history}
          onForget={(expr) => setHistory(forget(localStorage, expr))}
          range={range}
          step={step}
          stepMs={chosen.stepMs}
          stepFault={chosen.fault}
          onStep={(next) => change({ step: next })}
          view={view}
          onView={(next) => change({ view: next === 'graph' ? undefined : next })}
        />
        {expr === '' && <Examples onPick={run} />}
        {expr !== '' && view === 'graph' && <GraphView key={expr} expr={expr} stepMs={chosen.stepMs} />}
        {expr !== '' && view === 'table' && <TableView key={expr} expr={expr} />}
        {expr !== '' && view === 'explain' && <ExplainView key={expr} expr={expr} onRun={run} />}
      </div>
    </Page>
  );
}

/** Points of a live window (`LIVE_LIMITS.pointsMax`); more are not seen on any screen either. */
const POINTS_MAX = 2000;

const STEP_MS_MIN = 1000;

function chooseStep(
  step: string | undefined,
  range: TimeRange,
  words: string,
): { readonly stepMs: number; readonly fault: string | undefined } {
  const spanMs = spanMsOf(range);
  const automatic = stepMsOf(spanMs);
  if (step === undefined) return { stepMs: automatic, fault: undefined };
  const stepMs = parseDurationMs(step);
  const isUsable = stepMs !== undefined && stepMs >= STEP_MS_MIN && spanMs / stepMs < POINTS_MAX;
  return isUsable ? { stepMs, fault: undefined } : { stepMs: automatic, fault: words };
}

/** The same without what is `undefined`: absent parameters do not appear in the URL. */
function withoutAbsent<T extends object>(search: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const present = Object.entries(search).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as { [K in keyof T]: Exclude<T[K], undefined> };
}
