import { useComputedColorScheme } from '@mantine/core';
import { IconChartLine, IconCode, IconFileTypeCsv, IconPhotoDown, IconTable } from '@tabler/icons-react';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../design/icon-button.tsx';
import { hasNumbers } from './has-numbers.ts';
import { saveCsv, savePicture } from './panel-files.ts';
import { findDrawnKind } from './panel-kinds.ts';
import type { PanelProps } from './panel-props.ts';

export interface PanelActionsProps extends Pick<PanelProps, 'panel' | 'frames' | 'interpolate'> {
  /** Around the drawing. */
  readonly root: RefObject<HTMLElement | null>;
  readonly isTable: boolean;
  readonly onTable: (isTable: boolean) => void;
  /** The queries as they were sent, with variables filled in; absent: the panel's own text, filled in. */
  readonly exprs?: readonly string[];
}

/** What a panel offers besides looking at it: its numbers as a table or a file, a picture, its PromQL. */
export function PanelActions(props: PanelActionsProps) {
  const { panel, frames, isTable, onTable, interpolate, root } = props;
  const { t } = useTranslation();
  const scheme = useComputedColorScheme('light');
  const title = interpolate(panel.title);
  const named = (tip: string): { label: string; tip: string; size: number } => ({
    label: `${tip}: ${title}`,
    tip,
    size: 24,
  });
  const exprs = props.exprs ?? panel.queries.map(({ expr }) => interpolate(expr));
  const asked = exprs.filter((expr) => expr !== '');
  const isData = hasNumbers(frames) && panel.kind !== 'text';
  return (
    <>
      {isData && panel.kind !== 'table' && (
        <IconButton
          {...named(t(isTable ? 'chart.showGraph' : 'chart.showTable'))}
          onClick={() => onTable(!isTable)}
        >
          {isTable ? <IconChartLine size={15} /> : <IconTable size={15} />}
        </IconButton>
      )}
      {isData && (
        <IconButton {...named(t('panel.csv'))} onClick={() => saveCsv(frames, title)}>
          <IconFileTypeCsv size={15} />
        </IconButton>
      )}
      {isData && !isTable && findDrawnKind(panel.kind)?.hasPicture === true && (
        <IconButton
          {...named(t('panel.png'))}
          onClick={() => void savePicture({ root: root.current, title, frames, scheme, panel })}
        >
          <IconPhotoDown size={15} />
        </IconButton>
      )}
      {asked.length > 0 && (
        <IconButton
          {...named(t('panel.promql'))}
          onClick={() => void navigator.clipboard.writeText(asked.join('\n'))}
        >
          <IconCode size={15} />
        </IconButton>
      )}
    </>
  );
}
