import {
  IconChartLine,
  IconCode,
  IconFileTypeCsv,
  IconPhotoDown,
  IconTable,
  type Icon,
} from '@tabler/icons-react';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { copyText } from '../design/copy-text.ts';
import { hasNumbers } from './has-numbers.ts';
import { findDrawnKind } from './panel-kinds.ts';
import type { PanelProps } from './panel-props.ts';
import { useScheme } from '../theme/use-scheme.ts';

export interface PanelOffersRequest extends Pick<PanelProps, 'panel' | 'frames' | 'interpolate'> {
  /** Around the drawing. */
  readonly root: RefObject<HTMLElement | null>;
  readonly isTable: boolean;
  readonly onTable: (isTable: boolean) => void;
  /** The queries as they were sent, with variables filled in; absent: the panel's own text, filled in. */
  readonly exprs?: readonly string[];
}

export interface PanelOffer {
  readonly id: 'table' | 'csv' | 'png' | 'promql';
  readonly text: string;
  readonly Icon: Icon;
  readonly run: () => void;
}

/** What a panel offers besides looking at it: its numbers as a table or a file, a picture, its PromQL. */
export function usePanelOffers(request: PanelOffersRequest): readonly PanelOffer[] {
  const { panel, frames, isTable, onTable, interpolate, root } = request;
  const { t } = useTranslation();
  const scheme = useScheme();
  const title = interpolate(panel.title);
  const exprs = request.exprs ?? panel.queries.map(({ expr }) => interpolate(expr));
  const asked = exprs.filter((expr) => expr !== '');
  const isData = hasNumbers(frames) && panel.kind !== 'text';
  const offers: PanelOffer[] = [];
  if (isData && panel.kind !== 'table')
    offers.push({
      id: 'table',
      text: t(isTable ? 'chart.showGraph' : 'chart.showTable'),
      Icon: isTable ? IconChartLine : IconTable,
      run: () => onTable(!isTable),
    });
  if (isData)
    offers.push({
      id: 'csv',
      text: t('panel.csv'),
      Icon: IconFileTypeCsv,
      run: () => void panelFiles().then(({ saveCsv }) => saveCsv(frames, title)),
    });
  if (isData && !isTable && findDrawnKind(panel.kind)?.hasPicture === true)
    offers.push({
      id: 'png',
      text: t('panel.png'),
      Icon: IconPhotoDown,
      run: () =>
        void panelFiles().then(({ savePicture }) =>
          savePicture({ root: root.current, title, frames, scheme, panel }),
        ),
    });
  if (asked.length > 0)
    offers.push({
      id: 'promql',
      text: t('panel.promql'),
      Icon: IconCode,
      run: () => void copyText(asked.join('\n')),
    });
  return offers;
}

/** Few ask for a file: what makes one is fetched then. */
const panelFiles = () => import('./panel-files.ts');
