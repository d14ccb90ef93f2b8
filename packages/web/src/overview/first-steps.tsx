import type { StatusSummary } from '@vedette/api';
import { useQuery } from '@tanstack/react-query';
import { IconCircle, IconCircleCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { fetchTargets } from '../api/prometheus.ts';
import { fetchNotifications } from '../api/vedette.ts';
import design from '../design/design.module.css';
import { Panel } from '../design/panel.tsx';
import css from './overview.module.css';

/** The scrape pools that are there without anybody's doing. */
const OWN_POOLS: ReadonlySet<string> = new Set(['node', 'vedette']);

/** The receiver that writes into the server's own log: there without anybody's doing, and nobody reads it. */
const LOG_RECEIVER = 'log';

const APP_LINES = `scrape_configs:
  - job_name: api
    static_configs:
      - targets: ["127.0.0.1:3000"]`;

const ROUTE_LINES = `alertmanager:
  route: { receiver: team }
  receivers:
    - name: team
      webhook_configs:
        - url: http://127.0.0.1:9000/hook`;

interface Step {
  readonly id: 'running' | 'rules' | 'app' | 'route';
  readonly isDone: boolean;
  readonly code?: string;
}

/** What to do next, checked off by the data itself. Gone when all is done. */
export function FirstSteps({ status }: { readonly status: StatusSummary | undefined }) {
  const { t } = useTranslation();
  const steps = useSteps(status);
  const doneCount = steps.filter(({ isDone }) => isDone).length;
  if (status === undefined || doneCount === steps.length) return null;
  const next = steps.find(({ isDone }) => !isDone);
  return (
    <Panel title={t('steps.title')} aside={t('steps.done', { done: doneCount, total: steps.length })}>
      <ol className={css.rows}>
        {steps.map(({ id, isDone, code }) => (
          <li key={id} className={css.step}>
            {isDone ? (
              <IconCircleCheck
                size={16}
                className={design.tone}
                data-tone="ok"
                aria-label={t('steps.isDone')}
              />
            ) : (
              <IconCircle size={16} className={design.tone} aria-label={t('steps.isOpen')} />
            )}
            <div className={css.grow}>
              <span className={isDone ? css.stepDone : undefined}>{t(`steps.${id}`)}</span>
              {id === next?.id && code !== undefined && (
                <>
                  <p className={css.stepHint}>{t(`steps.${id}Help` as 'steps.appHelp')}</p>
                  <pre className={design.code} tabIndex={0} aria-label={t(`steps.${id}`)}>
                    {code}
                  </pre>
                </>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function useSteps(status: StatusSummary | undefined): readonly Step[] {
  const targets = useQuery({ queryKey: ['targets'], queryFn: ({ signal }) => fetchTargets(signal) });
  const notifications = useQuery({
    queryKey: ['notifications'],
    queryFn: ({ signal }) => fetchNotifications(signal),
    refetchInterval: 30_000,
  });
  return [
    { id: 'running', isDone: status !== undefined },
    { id: 'rules', isDone: (status?.rules.rules ?? 0) > 0 },
    {
      id: 'app',
      isDone: (targets.data ?? []).some(
        ({ scrapePool, health }) => health === 'up' && !OWN_POOLS.has(scrapePool),
      ),
      code: APP_LINES,
    },
    {
      id: 'route',
      isDone: (notifications.data ?? []).some(
        ({ outcome, receiver }) => outcome === 'delivered' && receiver !== LOG_RECEIVER,
      ),
      code: ROUTE_LINES,
    },
  ];
}
