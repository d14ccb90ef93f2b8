import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { RequestError } from '../api/http.ts';
import { fetchRunbook } from '../api/vedette.ts';
import { Fault } from '../design/fault.tsx';
import { Empty } from '../design/panel.tsx';
import { Page } from '../shell/page.tsx';
import { MarkdownView } from './markdown-view.tsx';
import { parseMarkdown } from './markdown.ts';
import css from './runbook.module.css';

/** What to do when an alert fires. */
export function RunbookPage() {
  const { t } = useTranslation();
  const { name } = useParams({ from: '/runbook/$name' });
  const runbook = useQuery({
    queryKey: ['runbook', name],
    queryFn: ({ signal }) => fetchRunbook(name, signal),
  });
  return (
    <Page title={name} note={t('runbook.title')}>
      <article className={css.article}>
        {runbook.isPending && <Skeleton height={320} />}
        {runbook.error !== null && <Missing name={name} error={runbook.error} onRetry={runbook.refetch} />}
        {runbook.data !== undefined && <Text name={name} markdown={runbook.data} />}
        <p>
          <Link to="/alerts" search={{ q: name }}>
            {t('runbook.alerts', { name })}
          </Link>
        </p>
      </article>
    </Page>
  );
}

/** A first heading that only repeats the page's title is left out. */
function Text({ name, markdown }: { readonly name: string; readonly markdown: string }) {
  const blocks = useMemo(() => {
    const all = parseMarkdown(markdown);
    const [first] = all;
    const isTitle =
      first?.kind === 'heading' &&
      first.level === 1 &&
      first.spans.every((span) => span.kind === 'text' && span.text === name);
    return isTitle ? all.slice(1) : all;
  }, [markdown, name]);
  return <MarkdownView blocks={blocks} />;
}

interface MissingProps {
  readonly name: string;
  readonly error: Error;
  readonly onRetry: () => Promise<unknown>;
}

function Missing({ name, error, onRetry }: MissingProps) {
  const { t } = useTranslation();
  if (!(error instanceof RequestError) || error.status !== 404)
    return <Fault message={error.message} onRetry={onRetry} />;
  return (
    <Empty
      title={t('runbook.missing', { name })}
      text={t('runbook.missingText')}
      code={`runbooks/${name}.md`}
    />
  );
}
