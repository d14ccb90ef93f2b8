import { NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Suspense, useId, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useRole } from '../api/use-alertmanager.ts';
import { ChartCard } from '../chart/chart-card.tsx';
import { useHappened } from '../dashboards/answers/use-happened.ts';
import { GUARD_VIEWS, guardSearch, type GuardSearch } from '../search.ts';
import { Page } from '../shell/page.tsx';
import { AppealList } from './appeal-list.tsx';
import { guardCharts } from './charts.ts';
import { DecisionList } from './decision-list.tsx';
import css from './guard.module.css';
import { PolicyList } from './policy-list.tsx';
import { ReviewList } from './review-list.tsx';
import { SubjectList } from './subject-list.tsx';
import { useBansPushed, usePolicies, useReviews } from './use-guard.ts';
import { part } from '../lib/part.ts';

const BacktestView = part(async () => (await import('./backtest-view.tsx')).BacktestView);

/** The views that have a place of their own; a backtest is reached from its policy. */
const VIEWS_SHOWN = GUARD_VIEWS.filter((view) => view !== 'backtest');

const FILTER_HINTS = {
  decisions: 'guard.filter',
  subjects: 'guard.filterSubjects',
  reviews: 'guard.filter',
  appeals: 'guard.filter',
  policies: 'guard.filterPolicies',
  backtest: 'guard.filter',
} as const;

type Change = (next: Partial<Readonly<Record<keyof GuardSearch, string | undefined>>>) => void;

/** Who is slowed, challenged or refused and why; what waits for a person; what the policies do. */
export function GuardPage() {
  const { t } = useTranslation();
  const search = useSearch({ from: '/guard' });
  const { view = 'decisions', show = 'live', q = '', policy } = search;
  const navigate = useNavigate({ from: '/guard' });
  const role = useRole();
  const change: Change = (next) =>
    void navigate({ search: (old) => guardSearch({ ...old, ...next }), replace: true });
  // Decisions name people: whom the server refuses them is not made to ask every two seconds.
  const mayRead = role !== undefined && role !== 'viewer';
  const isAboutPeople = view !== 'policies' && view !== 'subjects';
  useBansPushed();
  return (
    <Page title={t('nav.guard')} hasTime={view === 'decisions'}>
      <Tools search={search} mayRead={mayRead} change={change} />
      {view === 'decisions' && <Charts />}
      {isAboutPeople && role === 'viewer' && <p className={css.viewer}>{t('guard.viewer')}</p>}
      {view === 'decisions' && mayRead && (
        <DecisionList show={show} filter={q} policy={policy} onShow={(next) => change({ show: next })} />
      )}
      {view === 'reviews' && mayRead && <ReviewList filter={q} policy={policy} />}
      {view === 'subjects' && <SubjectList filter={q} policy={policy} />}
      {view === 'appeals' && mayRead && <AppealList filter={q} />}
      {view === 'policies' && <PolicyList filter={q} />}
      {view === 'backtest' && mayRead && (
        <Suspense>
          <BacktestView policy={policy} />
        </Suspense>
      )}
    </Page>
  );
}

interface ToolsProps {
  readonly search: GuardSearch;
  readonly mayRead: boolean;
  readonly change: Change;
}

function Tools({ search: { view = 'decisions', q = '', policy }, mayRead, change }: ToolsProps) {
  const { t } = useTranslation();
  const waiting = useReviews(mayRead).data?.length;
  const filterHint = t(FILTER_HINTS[view]);
  const hasPolicy = view === 'decisions' || view === 'subjects' || view === 'reviews';
  return (
    <div className={css.tools}>
      <div className={css.views}>
        <SegmentedControl
          value={view === 'backtest' ? 'policies' : view}
          aria-label={t('guard.view')}
          onChange={(next) => change({ view: GUARD_VIEWS.find((known) => known === next) ?? 'decisions' })}
          data={VIEWS_SHOWN.map((value) => ({
            value,
            label: value === 'reviews' ? <ReviewsLabel count={waiting} /> : t(`guard.${value}`),
          }))}
        />
      </div>
      {view !== 'backtest' && (
        <TextInput
          className={css.filter}
          value={q}
          data-search=""
          placeholder={filterHint}
          aria-label={filterHint}
          leftSection={<IconSearch size={14} />}
          onChange={(event) => change({ q: event.currentTarget.value })}
        />
      )}
      {hasPolicy && <PolicyFilter value={policy} onChange={(next) => change({ policy: next })} />}
    </div>
  );
}

/** The count has its room before it is known: nothing moves when it comes. */
function ReviewsLabel({ count }: { readonly count: number | undefined }) {
  const { t } = useTranslation();
  return (
    <span className={css.reviewsLabel}>
      {t('guard.reviews')}
      <span className={css.count} data-some={count !== undefined && count > 0 ? '' : undefined}>
        {count ?? '–'}
      </span>
    </span>
  );
}

interface PolicyFilterProps {
  readonly value: string | undefined;
  readonly onChange: (policy: string | undefined) => void;
}

function PolicyFilter({ value, onChange }: PolicyFilterProps) {
  const { t } = useTranslation();
  const policies = usePolicies().data ?? [];
  const names = new Set([
    ...policies.map(({ name }) => name),
    'person',
    ...(value === undefined ? [] : [value]),
  ]);
  return (
    <NativeSelect
      size="xs"
      className={css.policyFilter}
      aria-label={t('guard.policy')}
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
      data={[
        { value: '', label: t('guard.allPolicies') },
        ...[...names].map((name) => ({
          value: name,
          label: name === 'alert' || name === 'person' ? t(`guard.from.${name}`) : name,
        })),
      ]}
    />
  );
}

function Charts() {
  const { t } = useTranslation();
  const headingId = useId();
  const specs = useMemo(() => guardCharts(t), [t]);
  const { calm } = useHappened();
  return (
    <section aria-labelledby={headingId}>
      <h2 id={headingId} className={css.unseen}>
        {t('guard.chart.strip')}
      </h2>
      {/* It scrolls sideways on a phone: the keyboard must reach that, too. */}
      <div className={css.strip} role="group" aria-labelledby={headingId} tabIndex={0}>
        {specs.map((spec) => (
          <ChartCard key={spec.title} spec={spec} marks={calm} />
        ))}
      </div>
    </section>
  );
}
