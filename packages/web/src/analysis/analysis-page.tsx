import { Button, Skeleton } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { RequestError } from '../api/http.ts';
import { fetchAnalysis } from '../api/vedette.ts';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import { visibleText } from '../design/visible-text.ts';
import { Page } from '../shell/page.tsx';
import css from './analysis.module.css';
import { ReportView } from './report-view.tsx';

/** What the monitor agent found about one alert. */
export function AnalysisPage() {
  const { t } = useTranslation();
  const { fingerprint } = useParams({ from: '/alerts/analysis/$fingerprint' });
  const client = useQueryClient();
  const queryKey = ['analysis', fingerprint];
  const report = useQuery({ queryKey, queryFn: ({ signal }) => fetchAnalysis(fingerprint, { signal }) });
  const fresh = useMutation({
    mutationFn: () => fetchAnalysis(fingerprint, { isFresh: true }),
    onSuccess: (made) => client.setQueryData(queryKey, made),
  });
  const { data } = report;
  return (
    <Page
      title={data === undefined ? t('analysis.title') : visibleText(data.subject.name)}
      note={data === undefined ? undefined : t('analysis.title')}
      hasTime
    >
      <p className={css.back}>
        <Link to="/alerts">{t('analysis.back')}</Link>
        {data !== undefined && (
          <Button
            variant="default"
            size="xs"
            leftSection={<IconRefresh size={14} />}
            loading={fresh.isPending}
            onClick={() => fresh.mutate()}
          >
            {t('analysis.again')}
          </Button>
        )}
      </p>
      {fresh.error !== null && <Fault title={t('analysis.fault')} message={fresh.error.message} />}
      {data !== undefined && <ReportView report={data} />}
      {data === undefined && report.error === null && <Skeleton height={420} />}
      {data === undefined && report.error !== null && (
        <Absent fault={report.error} onRetry={report.refetch} />
      )}
    </Page>
  );
}

interface AbsentProps {
  readonly fault: Error;
  readonly onRetry: () => Promise<unknown>;
}

function Absent({ fault, onRetry }: AbsentProps) {
  const { t } = useTranslation();
  if (!(fault instanceof RequestError && fault.status === 404))
    return <Fault title={t('analysis.fault')} message={fault.message} onRetry={onRetry} />;
  return (
    <Panel title={t('analysis.title')}>
      <Empty title={t('analysis.unknown')} text={t('analysis.unknownText')} />
    </Panel>
  );
}
