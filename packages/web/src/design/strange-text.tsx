import css from './design.module.css';
import { visibleParts } from './visible-text.ts';

export interface StrangeTextProps {
  readonly text: string;
  /** Line ends are line ends. */
  readonly mayBreak?: boolean;
}

/** Text of strangers: isolated from what stands around it, and nothing in it unseen. */
export function StrangeText({ text, mayBreak = false }: StrangeTextProps) {
  return (
    <bdi>
      {visibleParts(text, mayBreak).map((part, i) =>
        part.isEscape ? (
          <span key={i} className={css.escape}>
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
    </bdi>
  );
}
