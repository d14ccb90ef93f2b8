import { Skeleton } from '@mantine/core';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Suspense, type ComponentType } from 'react';
import { useTranslation } from 'react-i18next';
import { SideList } from '../design/side-list.tsx';
import { Page } from '../shell/page.tsx';
import { sectionOf, SECTIONS, type SectionId } from './sections.ts';
import { part } from '../lib/part.ts';

/** Each section is fetched when it is opened. */
const PARTS: Readonly<Record<SectionId, ComponentType>> = {
  accounts: part(async () => (await import('./accounts-section.tsx')).AccountsSection),
  tokens: part(async () => (await import('./tokens-section.tsx')).TokensSection),
  receivers: part(async () => (await import('./receivers-section.tsx')).ReceiversSection),
  audit: part(async () => (await import('./audit-section.tsx')).AuditSection),
  storage: part(async () => (await import('./storage-section.tsx')).StorageSection),
  cardinality: part(async () => (await import('./cardinality-section.tsx')).CardinalitySection),
  status: part(async () => (await import('./status-section.tsx')).StatusSection),
  device: part(async () => (await import('./device-section.tsx')).DeviceSection),
};

/** What is set up once and looked at when something is wrong. */
export function SettingsPage() {
  const { t } = useTranslation();
  const { section } = useParams({ from: '/settings/$section' });
  const navigate = useNavigate();
  const chosen = sectionOf(section);
  const Part = PARTS[chosen];
  return (
    <Page title={t('nav.settings')} note={t(`administration.section.${chosen}`)}>
      <SideList
        label={t('administration.sections')}
        chosen={chosen}
        entries={SECTIONS.map((id) => ({
          id,
          label: t(`administration.section.${id}`),
          link: (
            <Link to="/settings/$section" params={{ section: id }} search={{}}>
              {t(`administration.section.${id}`)}
            </Link>
          ),
        }))}
        onChoose={(id) => void navigate({ to: '/settings/$section', params: { section: id }, search: {} })}
      >
        <Suspense fallback={<Skeleton height={320} />}>
          <Part />
        </Suspense>
      </SideList>
    </Page>
  );
}
