import css from './guard.module.css';
import { StrangeText } from '../design/strange-text.tsx';

export interface DidMostProps {
  readonly actions: readonly { readonly action: string; readonly count: number }[];
  readonly label: string;
}

/** The most frequent actions, in one line. */
export function DidMost({ actions, label }: DidMostProps) {
  return (
    <ul className={css.didMost} aria-label={label}>
      {actions.map(({ action, count }) => (
        <li key={action}>
          <StrangeText text={action} /> <b>× {count}</b>
        </li>
      ))}
    </ul>
  );
}
