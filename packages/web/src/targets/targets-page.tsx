import { SegmentedControl, Skeleton, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { fetchTargets, type PrometheusTarget } from '../api/prometheus.ts';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import { useSteadyOrder } from '../design/use-steady-order.ts';
import { Page } from '../shell/page.tsx';
import { TARGET_VIEWS, type TargetsSearch } from '../search.ts';
import { SourceList } from './source-list.tsx';
import { poolsOf } from './target-pools.ts';
import { TargetPool } from './target-pool.tsx';
import css from './targets.module.css';

const REFRESH_MS = 5000;

const HEALTHS = ['up', 'down', 'unknown'] as const;

const SCRAPE_LINES = `# vedette.yml
scrape_configs:
  - job_name: api
    static_configs:
      - targets: ["127.0.0.1:3000"]`;

/** Everything that is scraped, and how it answers. */
export function TargetsPage() {
  const { t } = useTranslation();
  const { q = '', health, view = 'targets' } = useSearch({ from: '/targets' });
  return (
    <Page title={t('nav.targets')}>
      <Views view={view} />
      {view === 'sources' ? <SourceList /> : <TargetList q={q} health={health} />}
    </Page>
  );
}

/** What is asked for, and what comes by itself as well. */
function Views({ view }: { readonly view: (typeof TARGET_VIEWS)[number] }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/targets' });
  return (
    <div className={css.tools}>
      <SegmentedControl
        value={view}
        aria-label={t('targets.view')}
        onChange={(next) =>
          void navigate({ search: next === 'sources' ? { view: 'sources' } : {}, replace: true })
        }
        data={TARGET_VIEWS.map((value) => ({
          value,
          label: t(value === 'sources' ? 'sources.title' : 'nav.targets'),
        }))}
      />
    </div>
  );
}

interface TargetListProps {
  readonly q: string;
  readonly health: TargetsSearch['health'];
}

function TargetList({ q, health }: TargetListProps) {
  const { t } = useTranslation();
  const targets = useQuery({
    queryKey: ['targets'],
    queryFn: ({ signal }) => fetchTargets(signal),
    refetchInterval: REFRESH_MS,
  });
  const pools = poolsOf(targets.data ?? [], { words: q, health });
  const { ordered, holder } = useSteadyOrder(pools, ({ name }) => name);
  return (
    <>
      <Tools targets={targets.data ?? []} q={q} health={health} />
      {targets.error !== null && <Fault message={targets.error.message} onRetry={targets.refetch} />}
      {targets.isPending && <Skeleton height={320} />}
      {targets.data !== undefined && pools.length === 0 && (
        <Panel title={t('nav.targets')}>
          {targets.data.length === 0 ? (
            <Empty title={t('targets.none')} text={t('targets.noneText')} code={SCRAPE_LINES} />
          ) : (
            <Empty title={t('targets.noMatch')} />
          )}
        </Panel>
      )}
      <div className={css.pools} {...holder}>
        {ordered.map((pool) => (
          <TargetPool key={pool.name} pool={pool} />
        ))}
      </div>
    </>
  );
}

interface ToolsProps {
  readonly targets: readonly PrometheusTarget[];
  readonly q: string;
  readonly health: TargetsSearch['health'];
}

function Tools({ targets, q, health }: ToolsProps) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/targets' });
  const countOf = (wanted: string): number => targets.filter((target) => target.health === wanted).length;
  const counted = HEALTHS.filter((value) => value !== 'unknown' || countOf(value) > 0 || health === value);
  return (
    <div className={css.tools}>
      <SegmentedControl
        value={health ?? 'all'}
        aria-label={t('targets.health')}
        onChange={(next) =>
          void navigate({
            search: ({ health: _health, ...rest }) => {
              const chosen = HEALTHS.find((known) => known === next);
              return chosen === undefined ? rest : { ...rest, health: chosen };
            },
            replace: true,
          })
        }
        data={[
          { value: 'all', label: `${t('targets.all')} ${targets.length}` },
          ...counted.map((value) => ({ value, label: `${t(`targets.${value}`)} ${countOf(value)}` })),
        ]}
      />
      <TextInput
        className={css.filter}
        value={q}
        data-search=""
        placeholder={t('targets.filter')}
        aria-label={t('targets.filter')}
        leftSection={<IconSearch size={14} />}
        onChange={(event) => {
          const next = event.currentTarget.value;
          void navigate({ search: (old) => ({ ...old, q: next }), replace: true });
        }}
      />
    </div>
  );
}
