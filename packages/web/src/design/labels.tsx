import css from './design.module.css';
import { StrangeText } from './strange-text.tsx';

export interface LabelListProps {
  readonly labels: Readonly<Record<string, string>>;
  /** Names that are said elsewhere on the card. */
  readonly without?: readonly string[];
}

/** Labels as people read them: `name=value`, sorted by name. */
export function LabelList({ labels, without = [] }: LabelListProps) {
  const names = Object.keys(labels)
    .filter((name) => !without.includes(name))
    .sort();
  if (names.length === 0) return null;
  return (
    <ul className={css.labels}>
      {names.map((name) => (
        <li key={name} className={css.label}>
          <span className={css.labelName}>
            <StrangeText text={name} />=
          </span>
          <StrangeText text={labels[name] ?? ''} />
        </li>
      ))}
    </ul>
  );
}
