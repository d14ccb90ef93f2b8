import { Suspense, type ComponentType, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { hasNumbers } from './has-numbers.ts';
import { PanelBoundary } from './panel-boundary.tsx';
import { findDrawnKind } from './panel-kinds.ts';
import type { PanelProps } from './panel-props.ts';
import css from './panel.module.css';
import { part } from '../lib/part.ts';

/** Draws a panel of any kind. What it throws stays within it, so that one bad panel does not take the page along. */
export function PanelView(props: PanelProps) {
  const { panel, frames, height } = props;
  const { t } = useTranslation();
  if (panel.kind === 'row') return null;
  const drawn = findDrawnKind(panel.kind);
  if (drawn === undefined)
    return <Notice height={height}>{t('panel.unsupported', { type: panel.type })}</Notice>;
  const isData = panel.kind !== 'text';
  if (isData && !hasNumbers(frames))
    return <Notice height={height}>{panel.field.defaults.noValue ?? t('panel.noData')}</Notice>;
  const View = isData && props.isTable === true ? TablesOfPanel : drawn.view;
  return (
    <PanelBoundary
      key={panel.kind}
      resetKey={frames}
      fallback={({ message }) => (
        <Notice height={height} isFault>
          {t('panel.fault', { message })}
        </Notice>
      )}
    >
      <Suspense fallback={<div style={{ height }} />}>
        <View {...props} />
      </Suspense>
    </PanelBoundary>
  );
}

interface NoticeProps {
  readonly height: number;
  readonly isFault?: boolean;
  readonly children: ReactNode;
}

function Notice({ height, isFault = false, children }: NoticeProps) {
  return (
    <p className={css.notice} style={{ minHeight: height }} role={isFault ? 'alert' : undefined}>
      {children}
    </p>
  );
}

const TablesOfPanel: ComponentType<PanelProps> = part(
  async () => (await import('./table-panel.tsx')).TablesOfPanel,
);
