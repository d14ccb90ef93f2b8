import type { SilencePreview } from '@vedette/api';
import { useTranslation } from 'react-i18next';
import { Fault } from '../design/fault.tsx';
import { LabelList } from '../design/labels.tsx';
import { Panel } from '../design/panel.tsx';
import { ToneIcon } from '../design/tone-badge.tsx';
import css from './silences.module.css';

/** Alerts that are listed; the count says how many there are. */
const SHOWN_MAX = 8;

export interface PreviewPanelProps {
  /** Absent: there are no whole conditions yet, or the server has not answered. */
  readonly preview: SilencePreview | undefined;
  readonly fault: string | undefined;
  readonly isWhole: boolean;
}

/** What the silence would hit now, before anybody makes it. */
export function PreviewPanel({ preview, fault, isWhole }: PreviewPanelProps) {
  const { t } = useTranslation();
  return (
    <Panel title={t('silences.preview')}>
      <div aria-live="polite" className={css.preview}>
        {!isWhole && <p className={css.quiet}>{t('silences.previewNothing')}</p>}
        {isWhole && fault !== undefined && <Fault message={fault} />}
        {isWhole && fault === undefined && preview !== undefined && <Preview preview={preview} />}
      </div>
    </Panel>
  );
}

function Preview({ preview }: { readonly preview: SilencePreview }) {
  const { t } = useTranslation();
  const { firingCount, matchedCount, mutedCount, alerts, receivers } = preview;
  const shown = alerts.slice(0, SHOWN_MAX);
  return (
    <>
      <p className={css.previewCount}>
        {matchedCount === 0
          ? t('silences.hitsNone', { count: firingCount })
          : t('silences.hits', { count: firingCount, matched: matchedCount })}
      </p>
      <Warning preview={preview} />
      {mutedCount > 0 && <p className={css.quiet}>{t('silences.mutedAlready', { count: mutedCount })}</p>}
      {shown.length > 0 && (
        <ul className={css.hits}>
          {shown.map(({ fingerprint, labels }) => (
            <li key={fingerprint}>
              <strong>{labels['alertname'] ?? t('silences.noName')}</strong>
              <LabelList labels={labels} without={['alertname']} />
            </li>
          ))}
        </ul>
      )}
      {matchedCount > shown.length && (
        <p className={css.quiet}>{t('silences.more', { count: matchedCount - shown.length })}</p>
      )}
      {receivers.length > 0 && (
        <p className={css.quiet}>
          {t('silences.receivers', {
            names: receivers.map(({ name, alertCount }) => `${name} (${alertCount})`).join(', '),
          })}
        </p>
      )}
    </>
  );
}

/** The server's own word of warning, and one of ours where few alerts fire and all of them would be muted. */
function Warning({ preview: { warning, firingCount, matchedCount } }: { readonly preview: SilencePreview }) {
  const { t } = useTranslation();
  const takesAll = matchedCount === firingCount && firingCount > 1;
  const takesMost = matchedCount * 2 > firingCount && firingCount > 2;
  if (warning === null && !takesAll && !takesMost) return null;
  const isForeseen = takesAll || takesMost;
  return (
    <div className={css.warning} role="alert">
      <ToneIcon tone="warning" size={18} />
      <p>
        {isForeseen
          ? t(takesAll ? 'silences.takesAll' : 'silences.takesMost', { count: firingCount })
          : t('silences.takesUnknown')}
      </p>
    </div>
  );
}
