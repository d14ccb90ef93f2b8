import { Skeleton } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { queryInstant, type InstantResult } from '../api/prometheus.ts';
import { formatLabels } from '../chart/frame.ts';
import { formatMoment } from '../chart/time-axis.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { boundsOf } from '../time/time-range.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import css from './explore.module.css';
import { NoSeries } from './no-series.tsx';
import { QueryFaultPanel } from './query-fault-panel.tsx';

const REFRESH_MS = 5000;
const ROW_HEIGHT = 32;
const HEIGHT_MAX = 640;

/** The answer at one moment, the end of the range; asked for again every 5 s while that is now. */
export function TableView({ expr }: { readonly expr: string }) {
  const { t, i18n } = useTranslation();
  const { range } = useTimeRange();
  const answer = useQuery({
    queryKey: ['instant', expr, range],
    queryFn: async ({ signal }) => {
      const atMs = boundsOf(range, browserClock.nowMs()).toMs;
      return { atMs, rows: rowsOf(await queryInstant(expr, atMs, signal)) };
    },
    refetchInterval: range.kind === 'relative' ? REFRESH_MS : false,
    placeholderData: keepPreviousData,
  });
  if (answer.error !== null) return <QueryFaultPanel expr={expr} message={answer.error.message} />;
  if (answer.data === undefined) return <Skeleton height={240} />;
  const { atMs, rows } = answer.data;
  if (rows.length === 0) return <NoSeries />;
  return (
    <section className={css.answer} aria-label={t('explore.answer')}>
      <p className={css.answerNote}>
        {t('chart.seriesCount', { count: rows.length })} · {formatMoment(atMs, i18n.language)}
      </p>
      <Rows rows={rows} />
    </section>
  );
}

interface Row {
  readonly name: string;
  readonly value: string;
}

function Rows({ rows }: { readonly rows: readonly Row[] }) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const visible = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
  });
  return (
    <div role="table" aria-label={t('explore.answer')} aria-rowcount={rows.length + 1} className={css.rows}>
      <div role="row" className={css.rowHead}>
        <span role="columnheader">{t('explore.labels')}</span>
        <span role="columnheader">{t('explore.value')}</span>
      </div>
      <div
        ref={scroller}
        role="rowgroup"
        tabIndex={0}
        className={css.rowScroller}
        style={{ maxHeight: HEIGHT_MAX }}
      >
        <div role="presentation" style={{ height: visible.getTotalSize(), position: 'relative' }}>
          {visible.getVirtualItems().map(({ index, start }) => (
            <div
              key={index}
              role="row"
              aria-rowindex={index + 2}
              className={css.row}
              style={{ transform: `translateY(${start}px)` }}
            >
              <code role="cell" title={rows[index]?.name}>
                {rows[index]?.name}
              </code>
              <span role="cell">{rows[index]?.value}</span>
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

/** One row per sample; a range vector shows how many samples each series has, and the newest. */
function rowsOf(answer: InstantResult): Row[] {
  switch (answer.resultType) {
    case 'vector':
      return answer.result.map(({ metric, value }) => ({
        name: formatLabels(metric),
        value: value?.[1] ?? '',
      }));
    case 'matrix':
      return answer.result.map(({ metric, values }) => ({
        name: formatLabels(metric),
        value: `${values.at(-1)?.[1] ?? ''} (${values.length})`,
      }));
    case 'scalar':
    case 'string':
      return [{ name: answer.resultType, value: answer.result[1] }];
  }
}
