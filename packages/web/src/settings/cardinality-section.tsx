import type { CardinalityReport } from '@vedette/api';
import { IconX } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { fetchCardinality } from '../api/administration.ts';
import { IconButton } from '../design/icon-button.tsx';
import { Empty } from '../design/panel.tsx';
import { formatValue } from '../format/unit.ts';
import { Answer, Section } from './section.tsx';
import { selectorOf } from './selector.ts';
import css from './settings.module.css';

const REFRESH_MS = 30_000;

/** Rows of each list: what makes the difference stands at the top. */
const ROWS = 15;

/** Who has series and who creates them; a click on a job or a metric narrows everything to it. */
export function CardinalitySection() {
  const { t } = useTranslation();
  const { job = '', metric = '' } = useSearch({ from: '/settings/$section' });
  const report = useQuery({
    queryKey: ['cardinality', job, metric],
    queryFn: ({ signal }) => fetchCardinality({ job, metric, limit: ROWS }, signal),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
  return (
    <Section
      title={t('administration.section.cardinality')}
      text={t('administration.cardinality.text')}
      role="viewer"
    >
      <Narrowing job={job} metric={metric} />
      <Answer query={report} height={480}>
        {(data) => <Report report={data} job={job} metric={metric} />}
      </Answer>
    </Section>
  );
}

interface Narrowed {
  readonly job: string;
  readonly metric: string;
}

function useNarrow(): (name: 'job' | 'metric', value: string) => void {
  const navigate = useNavigate({ from: '/settings/$section' });
  return (name, value) => void navigate({ search: (old) => ({ ...old, [name]: value }) });
}

function Narrowing({ job, metric }: Narrowed) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const selector = selectorOf({ job, metric });
  if (selector === undefined) return null;
  return (
    <div className={css.chips}>
      {(['job', 'metric'] as const)
        .filter((name) => (name === 'job' ? job : metric) !== '')
        .map((name) => (
          <span key={name} className={css.narrowed}>
            {t(`administration.cardinality.${name}`)}: {name === 'job' ? job : metric}
            <IconButton
              label={t('administration.cardinality.widen')}
              size={24}
              onClick={() => narrow(name, '')}
            >
              <IconX size={14} />
            </IconButton>
          </span>
        ))}
      <Link className={css.link} to="/explore" search={{ expr: selector }}>
        {t('administration.cardinality.explore')}
      </Link>
    </div>
  );
}

function Report({ report, job, metric }: Narrowed & { readonly report: CardinalityReport }) {
  const { t } = useTranslation();
  if (report.activeSeries === 0)
    return (
      <div className={css.card}>
        <Empty title={t('administration.cardinality.none')} text={t('administration.cardinality.noneText')}>
          <Link className={css.link} to="/connect">
            {t('nav.connect')}
          </Link>
        </Empty>
      </div>
    );
  const isNarrowed = job !== '' || metric !== '';
  return (
    <>
      <Totals report={report} isNarrowed={isNarrowed} />
      <div className={css.grid}>
        <Jobs report={report} />
        <Creators report={report} />
        <Metrics entries={report.selected.seriesByMetric} />
        <Labels entries={report.selected.valuesByLabel} job={job} metric={metric} />
        <Pairs entries={report.selected.seriesByLabelPair} />
      </div>
    </>
  );
}

function Totals({
  report,
  isNarrowed,
}: {
  readonly report: CardinalityReport;
  readonly isNarrowed: boolean;
}) {
  const { t } = useTranslation();
  const facts = [
    ['active', report.activeSeries],
    ...(isNarrowed ? ([['selected', report.selected.activeSeries]] as const) : []),
    ['limit', report.seriesMax],
    ['stopped', report.staleSeries + report.stoppedSeries],
    ['created', report.createdTotal],
    ['removed', report.removedTotal],
  ] as const;
  return (
    <dl className={`${css.card} ${css.facts}`}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{t(`administration.cardinality.${name}`)}</dt>
          <dd className={css.big}>{count(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Jobs({ report }: { readonly report: CardinalityReport }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  return (
    <List title={t('administration.cardinality.jobs')} heads={['job', 'series', 'limit']}>
      {report.jobs.map(({ job, activeSeries, limit }) => (
        <tr key={job}>
          <td>
            <Choice text={job} onChoose={() => narrow('job', job)} />
          </td>
          <td className={css.number}>{count(activeSeries)}</td>
          <td className={css.number}>{limit === null ? '–' : count(limit)}</td>
        </tr>
      ))}
    </List>
  );
}

function Creators({ report }: { readonly report: CardinalityReport }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  return (
    <List title={t('administration.cardinality.creators')} heads={['metric', 'createdHour', 'removedHour']}>
      {report.turnoverByMetric.map(({ name, createdLastHour, removedLastHour }) => (
        <tr key={name}>
          <td>
            <Choice text={name} onChoose={() => narrow('metric', name)} />
          </td>
          <td className={css.number}>{count(createdLastHour)}</td>
          <td className={css.number}>{count(removedLastHour)}</td>
        </tr>
      ))}
    </List>
  );
}

type Entries = CardinalityReport['selected']['seriesByMetric'];

function Metrics({ entries }: { readonly entries: Entries }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  return (
    <List title={t('administration.cardinality.metrics')} heads={['metric', 'series', 'open']}>
      {entries.map(({ name, value }) => (
        <tr key={name}>
          <td>
            <Choice text={name} onChoose={() => narrow('metric', name)} />
          </td>
          <td className={css.number}>{count(value)}</td>
          <td className={css.number}>
            <ExploreLink expr={selectorOf({ job: '', metric: name }) ?? ''} name={name} />
          </td>
        </tr>
      ))}
    </List>
  );
}

function Labels({ entries, job, metric }: Narrowed & { readonly entries: Entries }) {
  const { t } = useTranslation();
  const selector = selectorOf({ job, metric }) ?? '{__name__!=""}';
  return (
    <List title={t('administration.cardinality.labels')} heads={['label', 'values', 'open']}>
      {entries.map(({ name, value }) => (
        <tr key={name}>
          <td>{name}</td>
          <td className={css.number}>{count(value)}</td>
          <td className={css.number}>
            <ExploreLink expr={`topk(20, count by (${name}) (${selector}))`} name={name} />
          </td>
        </tr>
      ))}
    </List>
  );
}

function Pairs({ entries }: { readonly entries: Entries }) {
  const { t } = useTranslation();
  return (
    <List title={t('administration.cardinality.pairs')} heads={['pair', 'series']}>
      {entries.map(({ name, value }) => (
        <tr key={name}>
          <td>{name}</td>
          <td className={css.number}>{count(value)}</td>
        </tr>
      ))}
    </List>
  );
}

interface ListProps {
  readonly title: string;
  readonly heads: readonly (
    | 'job'
    | 'metric'
    | 'label'
    | 'pair'
    | 'series'
    | 'values'
    | 'limit'
    | 'createdHour'
    | 'removedHour'
    | 'open'
  )[];
  readonly children: ReactNode;
}

function List({ title, heads, children }: ListProps) {
  const { t } = useTranslation();
  return (
    <section className={css.card} aria-label={title}>
      <h3 className={css.subhead}>{title}</h3>
      <table className={css.table}>
        <thead>
          <tr>
            {heads.map((head, i) => (
              <th key={head} scope="col" className={i === 0 ? undefined : css.number}>
                {t(`administration.cardinality.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

function Choice({ text, onChoose }: { readonly text: string; readonly onChoose: () => void }) {
  const { t } = useTranslation();
  // Series without the label are a row of their own, by which nothing can be narrowed.
  if (text === '') return <span className={css.quiet}>{t('administration.cardinality.without')}</span>;
  return (
    <button type="button" onClick={onChoose}>
      {text}
    </button>
  );
}

function ExploreLink({ expr, name }: { readonly expr: string; readonly name: string }) {
  const { t } = useTranslation();
  return (
    <Link
      className={css.link}
      to="/explore"
      search={{ expr, view: 'table' }}
      aria-label={t('administration.cardinality.exploreOf', { name })}
    >
      {t('administration.cardinality.explore')}
    </Link>
  );
}

function count(value: number): string {
  return formatValue(value, 'short');
}
