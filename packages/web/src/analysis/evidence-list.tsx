import type { Evidence } from '@vedette/api';
import { Link } from '@tanstack/react-router';
import { StrangeText } from '../design/strange-text.tsx';
import css from './analysis.module.css';

export interface EvidenceListProps {
  readonly ids: readonly string[];
  readonly evidence: readonly Evidence[];
  readonly heading?: string;
}

/** What a claim rests on; a press asks the same question again. */
export function EvidenceList({ ids, evidence, heading }: EvidenceListProps) {
  const found = evidence.filter(({ id }) => ids.includes(id));
  if (found.length === 0) return null;
  return (
    <ul className={css.evidence} aria-label={heading}>
      {heading !== undefined && <li className={css.note}>{heading}</li>}
      {found.map(({ id, text, query }) => (
        <li key={id} lang="en">
          {query === null ? (
            <StrangeText text={text} />
          ) : (
            <Link to="/explore" search={{ expr: query }}>
              <StrangeText text={text} />
            </Link>
          )}
        </li>
      ))}
    </ul>
  );
}
