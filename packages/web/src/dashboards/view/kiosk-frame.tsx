import { IconX } from '@tabler/icons-react';
import { useEffect, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../design/icon-button.tsx';
import { LivePill } from '../../shell/live-pill.tsx';
import css from './view.module.css';

export interface KioskFrameProps {
  readonly title: string;
  readonly onLeave: () => void;
  readonly children: ReactNode;
}

/** A dashboard alone on the screen. Escape leads back. */
export function KioskFrame({ title, onLeave, children }: KioskFrameProps) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${title} · Vedette`;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented) onLeave();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [title, onLeave]);
  return (
    <main className={css.kiosk} id="content" tabIndex={-1}>
      <header className={css.kioskHead}>
        <h1>{title}</h1>
        <LivePill />
        <IconButton label={t('dashboards.leaveKiosk')} onClick={onLeave} tipSide="left">
          <IconX size={18} />
        </IconButton>
      </header>
      {children}
    </main>
  );
}
