import { IconFileTypeCsv, IconPhotoDown } from '@tabler/icons-react';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../design/icon-button.tsx';
import type { Frame, FrameSeries } from './frame.ts';
import { useScheme } from '../theme/use-scheme.ts';

interface ChartFileButtonsProps {
  readonly title: string;
  readonly unit: string;
  readonly nameOf: (series: FrameSeries) => string;
  readonly frame: Frame;
  /** Around the drawing; absent: a table is shown. */
  readonly root: RefObject<HTMLElement | null> | undefined;
}

/** The numbers and the drawing as files. What makes them is loaded with the first press. */
export function ChartFileButtons({ title, unit, nameOf, frame, root }: ChartFileButtonsProps) {
  const { t } = useTranslation();
  const scheme = useScheme();
  const file = { title, unit, nameOf, frame };
  const saveCsv = async (): Promise<void> => {
    const { saveChartCsv } = await import('./chart-files.ts');
    saveChartCsv(file);
  };
  const savePicture = async (around: HTMLElement): Promise<void> => {
    const { saveChartPicture } = await import('./chart-files.ts');
    await saveChartPicture({ ...file, root: around, scheme });
  };
  return (
    <>
      <IconButton
        label={`${t('chart.csv')}: ${title}`}
        tip={t('chart.csv')}
        size={24}
        onClick={() => void saveCsv()}
      >
        <IconFileTypeCsv size={15} />
      </IconButton>
      {root !== undefined && (
        <IconButton
          label={`${t('chart.png')}: ${title}`}
          tip={t('chart.png')}
          size={24}
          onClick={() => {
            if (root.current !== null) void savePicture(root.current);
          }}
        >
          <IconPhotoDown size={15} />
        </IconButton>
      )}
    </>
  );
}
