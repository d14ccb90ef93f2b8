import type { DashboardEntry } from '@vedette/api';
import { Skeleton, TextInput } from '@mantine/core';
import { IconPlus, IconSearch, IconUpload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fetchDashboards } from '../api/dashboards.ts';
import design from '../design/design.module.css';
import { Fault } from '../design/fault.tsx';
import { Empty } from '../design/panel.tsx';
import { Page } from '../shell/page.tsx';
import css from './dashboards.module.css';
import { handOver } from './import/dropped-file.ts';
import { useFileDrop } from './import/use-file-drop.ts';
import { DashboardCard } from './list/dashboard-card.tsx';
import { favouritesOf, recentOf, toggleFavourite } from './list/kept-dashboards.ts';
import { shownDashboards, tagsOf } from './list/shown-dashboards.ts';
import { NEW_UID } from './new-uid.ts';
import { dashboardsSearch, type DashboardsSearch } from './search.ts';
import { useCanEdit } from './use-role.ts';

/** All dashboards: found by word, tag and habit. A file dropped anywhere on the page begins its import. */
export function DashboardsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const canEdit = useCanEdit() === true;
  const entries = useQuery({ queryKey: ['dashboards'], queryFn: ({ signal }) => fetchDashboards(signal) });
  const { isOver } = useFileDrop((file) => {
    handOver(file);
    void navigate({ to: '/dashboards/import' });
  });
  return (
    <Page title={t('nav.dashboards')}>
      {entries.data !== undefined && <Loaded entries={entries.data} canEdit={canEdit} />}
      {entries.isPending && <Skeleton height={320} />}
      {entries.error !== null && entries.data === undefined && (
        <Fault message={entries.error.message} onRetry={entries.refetch} />
      )}
      {isOver && <div className={css.dropHere}>{t('dashboards.dropHere')}</div>}
    </Page>
  );
}

interface LoadedProps {
  readonly entries: readonly DashboardEntry[];
  readonly canEdit: boolean;
}

function Loaded({ entries, canEdit }: LoadedProps) {
  const { t } = useTranslation();
  const { q = '', tag } = useSearch({ from: '/dashboards' });
  const navigate = useNavigate({ from: '/dashboards' });
  const [favourites, setFavourites] = useState(() => favouritesOf(localStorage));
  const change = (next: { [K in keyof DashboardsSearch]: string | undefined }): void =>
    void navigate({ search: (old) => dashboardsSearch({ ...old, ...next }), replace: true });
  const shown = shownDashboards(entries, { q, tag, favourites });
  const cardOf = (entry: DashboardEntry) => (
    <DashboardCard
      key={entry.uid}
      entry={entry}
      isFavourite={favourites.includes(entry.uid)}
      onFavourite={() => setFavourites(toggleFavourite(localStorage, entry.uid))}
      onTag={(chosen) => change({ tag: chosen })}
    />
  );
  return (
    <>
      <Tools q={q} canEdit={canEdit} onSearch={(next) => change({ q: next })} />
      {entries.length === 0 && <NoDashboards />}
      <Tags entries={entries} chosen={tag} onChoose={(next) => change({ tag: next })} />
      {q === '' && tag === undefined && <Recent entries={entries} />}
      {entries.length > 0 && shown.length === 0 && (
        <Empty title={t('dashboards.nothingFound')} text={t('dashboards.nothingFoundText')} />
      )}
      <ul className={css.cards}>{shown.map(cardOf)}</ul>
    </>
  );
}

interface ToolsProps {
  readonly q: string;
  readonly canEdit: boolean;
  readonly onSearch: (q: string) => void;
}

function Tools({ q, canEdit, onSearch }: ToolsProps) {
  const { t } = useTranslation();
  return (
    <div className={css.tools}>
      <TextInput
        className={css.search}
        value={q}
        data-search=""
        placeholder={t('dashboards.search')}
        aria-label={t('dashboards.search')}
        leftSection={<IconSearch size={14} />}
        onChange={(event) => onSearch(event.currentTarget.value)}
      />
      <span className={css.toolsEnd}>
        <Link to="/dashboards/import" className={design.buttonLink}>
          <IconUpload size={14} aria-hidden="true" />
          {t('dashboards.import')}
        </Link>
        {canEdit && (
          <Link
            to="/dashboards/$uid"
            params={{ uid: NEW_UID }}
            search={{ edit: '1' }}
            className={design.buttonLink}
            data-primary=""
          >
            <IconPlus size={14} aria-hidden="true" />
            {t('dashboards.new')}
          </Link>
        )}
      </span>
    </div>
  );
}

function NoDashboards() {
  const { t } = useTranslation();
  return (
    <Empty title={t('dashboards.none')} text={t('dashboards.noneText')}>
      <Link to="/dashboards/import">{t('dashboards.importOne')}</Link>
    </Empty>
  );
}

interface TagsProps {
  readonly entries: readonly DashboardEntry[];
  readonly chosen: string | undefined;
  readonly onChoose: (tag: string | undefined) => void;
}

function Tags({ entries, chosen, onChoose }: TagsProps) {
  const { t } = useTranslation();
  const tags = tagsOf(entries);
  if (tags.length === 0) return null;
  return (
    <div className={css.tags} role="group" aria-label={t('dashboards.tags')}>
      {tags.map(({ tag, count }) => (
        <button
          key={tag}
          type="button"
          className={css.tag}
          aria-pressed={tag === chosen}
          onClick={() => onChoose(tag === chosen ? undefined : tag)}
        >
          {tag} <span className={css.tagCount}>{count}</span>
        </button>
      ))}
    </div>
  );
}

function Recent({ entries }: { readonly entries: readonly DashboardEntry[] }) {
  const { t } = useTranslation();
  const recent = recentOf(localStorage).flatMap((uid) => entries.find((entry) => entry.uid === uid) ?? []);
  if (recent.length === 0) return null;
  return (
    <nav className={css.recent} aria-label={t('dashboards.recent')}>
      <span>{t('dashboards.recent')}</span>
      {recent.map(({ uid, title }) => (
        <Link key={uid} to="/dashboards/$uid" params={{ uid }}>
          {title}
        </Link>
      ))}
    </nav>
  );
}
