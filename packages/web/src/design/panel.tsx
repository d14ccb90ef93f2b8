import type { ReactNode } from 'react';
import css from './design.module.css';

export interface PanelProps {
  readonly title: string;
  /** Right of the title: a count, a link. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A titled card of the side column. */
export function Panel({ title, aside, children }: PanelProps) {
  return (
    <section className={css.panel} aria-label={title}>
      <header className={css.panelHead}>
        <h2 className={css.panelTitle}>{title}</h2>
        <span className={css.panelAside}>{aside}</span>
      </header>
      {children}
    </section>
  );
}

export interface EmptyProps {
  /** One sentence: what is missing. */
  readonly title: string;
  readonly text?: string;
  /** The exact lines that would fill this place. */
  readonly code?: string;
  readonly children?: ReactNode;
}

/** An empty place that says what would fill it. */
export function Empty({ title, text, code, children }: EmptyProps) {
  return (
    <div className={css.empty}>
      <p className={css.emptyTitle}>{title}</p>
      {text !== undefined && <p>{text}</p>}
      {code !== undefined && (
        <pre className={css.code} tabIndex={0} aria-label={title}>
          {code}
        </pre>
      )}
      {children}
    </div>
  );
}
