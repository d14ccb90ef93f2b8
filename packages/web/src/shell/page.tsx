import { useEffect, type ReactNode } from 'react';
import { LivePill } from './live-pill.tsx';
import css from './shell.module.css';
import { TimePicker } from './time-picker.tsx';

export interface PageProps {
  readonly title: string;
  /** Beside the title: what the page is about right now. */
  readonly note?: ReactNode;
  /** Pages without anything over time leave the picker out. */
  readonly hasTime?: boolean;
  readonly children: ReactNode;
}

/** The frame of every page: title left, time range and live state right, content below. */
export function Page({ title, note, hasTime = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Vedette`;
  }, [title]);
  return (
    <main className={css.main} id="content" tabIndex={-1}>
      <header className={css.topbar}>
        <h1 className={css.pageTitle}>{title}</h1>
        <span className={css.pageNote}>{note}</span>
        <span className={css.topbarEnd}>
          {hasTime && <TimePicker />}
          <LivePill />
        </span>
      </header>
      <div className={css.content}>{children}</div>
    </main>
  );
}
