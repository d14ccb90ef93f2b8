import { IconChartAreaLine, IconMathFunction } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { ChartFileButtons } from '../chart/chart-file-buttons.tsx';
import type { Frame, FrameSeries } from '../chart/frame.ts';
import { IconButton } from '../design/icon-button.tsx';
import css from './explore.module.css';

interface ChartToolsProps {
  readonly title: string;
  readonly unit: string;
  readonly nameOf: (series: FrameSeries) => string;
  readonly frame: Frame;
  /** Around the drawing. */
  readonly root: RefObject<HTMLElement | null>;
}

/** How the answer is drawn, kept in the URL, and what can be taken along of it. */
export function ChartTools(props: ChartToolsProps) {
  const { t } = useTranslation();
  const { stack, log } = useSearch({ from: '/explore' });
  const navigate = useNavigate({ from: '/explore' });
  const press = (choice: 'stack' | 'log'): void =>
    void navigate({
      search: ({ [choice]: before, ...rest }) => (before === '1' ? rest : { ...rest, [choice]: '1' }),
      replace: true,
    });
  return (
    <div className={css.chartTools} role="group" aria-label={t('explore.chart')}>
      <IconButton
        label={t('explore.stack')}
        size={24}
        isPressed={stack === '1'}
        onClick={() => press('stack')}
      >
        <IconChartAreaLine size={15} />
      </IconButton>
      <IconButton label={t('explore.log')} size={24} isPressed={log === '1'} onClick={() => press('log')}>
        <IconMathFunction size={15} />
      </IconButton>
      <ChartFileButtons {...props} />
    </div>
  );
}
