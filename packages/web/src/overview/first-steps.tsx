import type { StatusSummary } from '@vedette/api';
import { useQuery } from '@tanstack/react-query';
import { IconCircle, IconCircleCheck } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { fetchDashboards } from '../api/dashboards.ts';
import { fetchTargets } from '../api/prometheus.ts';
import { fetchNotifications } from '../api/vedette.ts';
import design from '../design/design.module.css';
import { Panel } from '../design/panel.tsx';
import { useLiveStatusPart } from '../live/use-live.ts';
import type { PushState } from '../pwa/push-device.ts';
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
  readonly id: 'running' | 'app' | 'route' | 'dashboard' | 'phone';
  readonly isDone: boolean;
  readonly code?: string;
  /** Where it is done. */
  readonly link?: ReactNode;
}

/** What to do next, checked off by the data itself. Gone when all is done. */
export function FirstSteps() {
  const { t } = useTranslation();
  const isRunning = useLiveStatusPart(versionOf) !== undefined;
  const steps = useSteps(isRunning);
  const doneCount = steps.filter(({ isDone }) => isDone).length;
  if (!isRunning || doneCount === steps.length) return null;
  const next = steps.find(({ isDone }) => !isDone);
  return (
    <Panel title={t('steps.title')} aside={t('steps.done', { done: doneCount, total: steps.length })}>
      <ol className={css.rows}>
        {steps.map(({ id, isDone, code, link }) => (
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
              {id === next?.id && id !== 'running' && (
                <>
                  <p className={css.stepHint}>
                    {t(`steps.${id}Help`)} {link}
                  </p>
                  {code !== undefined && (
                    <pre className={design.code} tabIndex={0} aria-label={t(`steps.${id}`)}>
                      {code}
                    </pre>
                  )}
                </>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

/** Left out where a browser cannot have notifications: nobody could ever check it off. */
function phoneStep(isDone: boolean, words: string): Step {
  const link = (
    <Link to="/settings/$section" params={{ section: 'device' }}>
      {words}
    </Link>
  );
  return { id: 'phone', isDone, link };
}

async function pushKind(): Promise<PushState['kind']> {
  const { readPushState } = await import('../pwa/push-device.ts');
  return (await readPushState()).kind;
}

function versionOf({ version }: StatusSummary): string {
  return version;
}

function useSteps(isRunning: boolean): readonly Step[] {
  const { t } = useTranslation();
  const targets = useQuery({ queryKey: ['targets'], queryFn: ({ signal }) => fetchTargets(signal) });
  const notifications = useQuery({
    queryKey: ['notifications'],
    queryFn: ({ signal }) => fetchNotifications(signal),
    refetchInterval: 30_000,
  });
  const dashboards = useQuery({ queryKey: ['dashboards'], queryFn: ({ signal }) => fetchDashboards(signal) });
  const push = useQuery({ queryKey: ['push-state'], queryFn: pushKind });
  return [
    { id: 'running', isDone: isRunning },
    {
      id: 'app',
      isDone: (targets.data ?? []).some(
        ({ scrapePool, health }) => health === 'up' && !OWN_POOLS.has(scrapePool),
      ),
      code: APP_LINES,
      link: <Link to="/connect">{t('nav.connect')}</Link>,
    },
    {
      id: 'route',
      isDone: (notifications.data ?? []).some(
        ({ outcome, receiver }) => outcome === 'delivered' && receiver !== LOG_RECEIVER,
      ),
      code: ROUTE_LINES,
    },
    {
      id: 'dashboard',
      isDone: (dashboards.data ?? []).some(({ origin }) => origin !== 'shipped'),
      link: <Link to="/dashboards">{t('nav.dashboards')}</Link>,
    },
    ...(push.data === 'on' || push.data === 'off'
      ? [phoneStep(push.data === 'on', t('settings.title'))]
      : []),
  ];
}
