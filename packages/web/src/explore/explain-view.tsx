import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { queryInstant } from '../api/prometheus.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { boundsOf } from '../time/time-range.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import css from './explore.module.css';
import { EXPLAIN_NODES_MAX, explainTreeOf, labelCounts, type ExplainNode } from './explain-tree.ts';
import { QueryFaultPanel } from './query-fault-panel.tsx';

/** Steps with more series say how many they are, not which labels they have: the answer would be megabytes. */
const LABELLED_SERIES_MAX = 500;

/** Of labels that tell nothing apart the names alone would fill the line. */
const LABELS_MAX = 6;

/**
 * An expression from the outside in: what each step does, and how many series it has at the end of the range. Where a
 * number falls to zero is where the question goes wrong.
 */
export function ExplainView({
  expr,
  onRun,
}: {
  readonly expr: string;
  readonly onRun: (expr: string) => void;
}) {
  const { t } = useTranslation();
  const read = useMemo(() => readTree(expr), [expr]);
  if (read.fault !== undefined) return <QueryFaultPanel expr={expr} message={read.fault} />;
  if (read.tree === undefined)
    return <p className={css.answerNote}>{t('explore.explain.long', { max: EXPLAIN_NODES_MAX })}</p>;
  return (
    <section className={css.answer} aria-label={t('explore.explain.title')}>
      <p className={css.answerNote}>{t('explore.explain.about')}</p>
      <ul className={css.explainTree}>
        <Step node={read.tree} onRun={onRun} />
      </ul>
    </section>
  );
}

function readTree(expr: string): { readonly tree?: ExplainNode | undefined; readonly fault?: string } {
  try {
    return { tree: explainTreeOf(expr) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function Step({ node, onRun }: { readonly node: ExplainNode; readonly onRun: (expr: string) => void }) {
  const { t } = useTranslation();
  const { step } = node;
  return (
    <li>
      <div className={css.explainStep}>
        <button
          type="button"
          className={css.explainText}
          onClick={() => onRun(node.text)}
          title={t('explore.explain.run')}
        >
          <code>{node.text}</code>
        </button>
        <span className={css.explainWords}>
          {t(`explore.explain.${step.kind}`, { name: step.name, labels: step.labels })} <Found node={node} />
        </span>
      </div>
      {node.children.length > 0 && (
        <ul className={css.explainTree}>
          {node.children.map((child) => (
            <Step key={child.id} node={child} onRun={onRun} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Found({ node }: { readonly node: ExplainNode }) {
  const { t } = useTranslation();
  const { range } = useTimeRange();
  const { countExpr } = node;
  const found = useQuery({
    queryKey: ['explain', node.text, range],
    queryFn: ({ signal }) => find(node, boundsOf(range, browserClock.nowMs()).toMs, signal),
    enabled: countExpr !== undefined,
  });
  if (countExpr === undefined) return null;
  if (found.error !== null) return <span className={css.explainFault}>{found.error.message}</span>;
  if (found.data === undefined)
    return <Skeleton component="span" display="inline-block" width={80} height={14} />;
  const { count, labels } = found.data;
  return (
    <>
      <b className={count === 0 ? css.explainNone : undefined}>{t('chart.seriesCount', { count })}</b>
      {labels.slice(0, LABELS_MAX).map(({ name, count: values }) => (
        <span key={name} className={css.explainLabel}>
          {name} {values}
        </span>
      ))}
      {labels.length > LABELS_MAX && <span className={css.explainLabel}>+{labels.length - LABELS_MAX}</span>}
    </>
  );
}

async function find(
  node: ExplainNode,
  atMs: number,
  signal: AbortSignal,
): Promise<{ readonly count: number; readonly labels: ReturnType<typeof labelCounts> }> {
  const answer = await queryInstant(node.countExpr ?? '', atMs, signal);
  const count = answer.resultType === 'vector' ? Number(answer.result[0]?.value?.[1] ?? 0) : 0;
  if (!node.isVector || count === 0 || count > LABELLED_SERIES_MAX) return { count, labels: [] };
  const series = await queryInstant(node.text, atMs, signal);
  return {
    count,
    labels: series.resultType === 'vector' ? labelCounts(series.result.map(({ metric }) => metric)) : [],
  };
}
