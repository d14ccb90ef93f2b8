import type { NextStep, RunbookMatchReport } from '@vedette/api';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { basePath } from '../api/http.ts';
import { CopyButton } from '../design/copy-button.tsx';
import design from '../design/design.module.css';
import { Panel } from '../design/panel.tsx';
import { StrangeText } from '../design/strange-text.tsx';
import css from './analysis.module.css';

/** Of the agent's own rules; other steps are from the runbook of that id. */
const OWN_SOURCE = 'agent';

/** Where none fits, a next step says how to begin one. */
export function Runbooks({ runbooks }: { readonly runbooks: readonly RunbookMatchReport[] }) {
  const { t } = useTranslation();
  if (runbooks.length === 0) return null;
  return (
    <Panel title={t('analysis.runbooks')}>
      <ul className={css.related}>
        {runbooks.map(({ id, title, why }) => (
          <li key={id}>
            <Link to="/runbook/$name" params={{ name: id }}>
              <StrangeText text={title} />
            </Link>
            <span className={css.note} lang="en">
              <StrangeText text={why.join(', ')} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/**
 * What to do next: questions are asked by a press, commands are for a person to run, and what is done on another page of
 * ours leads there. Steps of a runbook lead nowhere else: the runbook stands above.
 */
export function Steps({ steps }: { readonly steps: readonly NextStep[] }) {
  const { t } = useTranslation();
  if (steps.length === 0) return null;
  return (
    <Panel title={t('analysis.steps')}>
      <ol className={css.steps}>
        {steps.map(({ text, query, command, link, source }, i) => (
          <li key={i} lang="en">
            {link !== null && query === null && source === OWN_SOURCE ? (
              <a href={basePath() + link}>
                <StrangeText text={text} />
              </a>
            ) : (
              <StrangeText text={text} />
            )}
            {query !== null && (
              <Link to="/explore" search={{ expr: query }} className={css.query}>
                <code>
                  <StrangeText text={query} />
                </code>
              </Link>
            )}
            {command !== null && (
              <div className={css.command}>
                <pre className={design.code} tabIndex={0} aria-label={t('analysis.command')}>
                  {command}
                </pre>
                <CopyButton text={command} label={t('analysis.copyCommand')} />
              </div>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
