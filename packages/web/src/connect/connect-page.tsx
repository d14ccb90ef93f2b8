import { SegmentedControl } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../account/use-session.ts';
import { apiUrl } from '../api/http.ts';
import { CopyButton } from '../design/copy-button.tsx';
import design from '../design/design.module.css';
import { SideList } from '../design/side-list.tsx';
import { Page } from '../shell/page.tsx';
import { ArrivalPanel } from './arrival-panel.tsx';
import css from './connect.module.css';
import { FRAMEWORKS, isLoopback, snippetsOf, type Framework, type Snippet } from './snippets.ts';
import { WAYS, type WayId } from './ways.ts';

/** The ways to send data here, each with the lines to copy, and the first data as it comes. */
export function ConnectPage() {
  const { t } = useTranslation();
  const { way = 'node' } = useSearch({ from: '/connect' });
  const navigate = useNavigate({ from: '/connect' });
  return (
    <Page title={t('nav.connect')}>
      <SideList
        label={t('connect.ways')}
        chosen={way}
        entries={WAYS.map((id) => ({
          id,
          label: t(`connect.way.${id}`),
          link: (
            <Link to="/connect" search={{ way: id }}>
              {t(`connect.way.${id}`)}
            </Link>
          ),
        }))}
        onChoose={(id) => void navigate({ search: { way: id } })}
      >
        <Way key={way} way={way} />
      </SideList>
    </Page>
  );
}

const HAS_FRAMEWORKS: ReadonlySet<WayId> = new Set(['node', 'guard']);

/** Those that other machines and containers have to reach. */
const COMES_FROM_OUTSIDE: ReadonlySet<WayId> = new Set([
  'compose',
  'remote-write',
  'otlp',
  'alertmanager',
  'grafana',
  'assistants',
]);

function Way({ way }: { readonly way: WayId }) {
  const { t } = useTranslation();
  const [framework, setFramework] = useState<Framework>('express');
  const url = apiUrl('');
  const isTokenNeeded = useSession().data?.isTokenRequired === true;
  return (
    <section aria-label={t(`connect.way.${way}`)}>
      <h2 className={css.title}>{t(`connect.way.${way}`)}</h2>
      <p className={css.text}>{t(`connect.text.${way}`)}</p>
      {HAS_FRAMEWORKS.has(way) && (
        <SegmentedControl
          className={css.frameworks ?? ''}
          aria-label={t('connect.framework')}
          value={framework}
          data={FRAMEWORKS.map((value) => ({ value, label: NAMES[value] }))}
          onChange={(next) => setFramework(FRAMEWORKS.find((known) => known === next) ?? 'express')}
        />
      )}
      {snippetsOf(way, { url, isTokenNeeded }, framework).map((snippet) => (
        <SnippetBox key={snippet.file} snippet={snippet} />
      ))}
      {isTokenNeeded && way !== 'scrape' && way !== 'node-exporter' && way !== 'node' && <TokenHint />}
      {isLoopback(url) && COMES_FROM_OUTSIDE.has(way) && (
        <p className={css.note}>
          {t('connect.loopback')} <code>server.listen</code>
        </p>
      )}
      <ArrivalPanel way={way} />
    </section>
  );
}

const NAMES: Readonly<Record<Framework, string>> = {
  express: 'Express',
  fastify: 'Fastify',
  hono: 'Hono',
  koa: 'Koa',
};

function SnippetBox({ snippet: { file, text } }: { readonly snippet: Snippet }) {
  const { t } = useTranslation();
  const name = file === 'shell' ? t('connect.shell') : file;
  return (
    <figure className={css.snippet}>
      <figcaption>
        <span>{name}</span>
        <CopyButton text={text} label={t('connect.copy', { name })} />
      </figcaption>
      <pre className={design.code} tabIndex={0} aria-label={name}>
        {text}
      </pre>
    </figure>
  );
}

function TokenHint() {
  const { t } = useTranslation();
  return (
    <p className={css.note}>
      {t('connect.token')} <code>VEDETTE_TOKEN</code>.{' '}
      <Link to="/settings/$section" params={{ section: 'tokens' }}>
        {t('connect.makeToken')}
      </Link>
    </p>
  );
}
