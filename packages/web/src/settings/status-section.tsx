import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { isRoleEnough } from '../account/access-change.ts';
import { useSession } from '../account/use-session.ts';
import { fetchServerState, fetchStatus } from '../api/administration.ts';
import { CopyButton } from '../design/copy-button.tsx';
import { Fault } from '../design/fault.tsx';
import { Badge } from '../design/tone-badge.tsx';
import { useLiveStatus } from '../live/use-live.ts';
import { useNow } from '../time/use-now.ts';
import { Ago } from './moment.tsx';
import { Answer, Section } from './section.tsx';
import css from './settings.module.css';

/** Which program this is, what it was told, and whether it took it over. */
export function StatusSection() {
  const { t } = useTranslation();
  const isOperator = isRoleEnough(useSession().data?.role, 'operator');
  return (
    <Section title={t('administration.section.status')} text={t('administration.status.text')} role="viewer">
      <Build />
      <Reload />
      {isOperator ? (
        <Configuration />
      ) : (
        <p className={css.card}>{t('administration.tooLow', { role: t('account.role.operator') })}</p>
      )}
      <Flags />
    </Section>
  );
}

function Build() {
  const { t } = useTranslation();
  const build = useQuery({
    queryKey: ['status', 'buildinfo'],
    queryFn: ({ signal }) => fetchStatus('buildinfo', signal),
  });
  const status = useLiveStatus();
  const nowMs = useNow(60_000);
  return (
    <div className={css.card}>
      <Answer query={build} height={90}>
        {({ revision, version, goVersion }) => (
          <dl className={css.facts}>
            <div>
              <dt>Vedette</dt>
              <dd>{revision}</dd>
            </div>
            <div>
              <dt>{t('administration.status.follows')}</dt>
              <dd>Prometheus {version}</dd>
            </div>
            <div>
              <dt>{t('administration.status.runtime')}</dt>
              <dd>{goVersion}</dd>
            </div>
            <div>
              <dt>{t('administration.status.host')}</dt>
              <dd>{status?.hostname ?? '–'}</dd>
            </div>
            <div>
              <dt>{t('administration.status.started')}</dt>
              <dd>{status === undefined ? '–' : <Ago atMs={status.startedAtMs} nowMs={nowMs} />}</dd>
            </div>
          </dl>
        )}
      </Answer>
    </div>
  );
}

function Reload() {
  const { t } = useTranslation();
  const nowMs = useNow(60_000);
  const server = useQuery({
    queryKey: ['server-state'],
    queryFn: ({ signal }) => fetchServerState(signal),
    refetchInterval: 15_000,
  });
  return (
    <div className={css.card}>
      <h3 className={css.subhead}>{t('administration.status.reload')}</h3>
      <Answer query={server} height={60}>
        {({ reload: { isSuccess, atMs, fault } }) => (
          <>
            <span className={css.name}>
              <Badge tone={isSuccess ? 'ok' : 'critical'}>
                {t(isSuccess ? 'administration.status.inUse' : 'administration.status.refused')}
              </Badge>
              <span className={css.quiet}>
                <Ago atMs={atMs} nowMs={nowMs} />
              </span>
            </span>
            {!isSuccess && (
              <Fault
                title={t('administration.status.oldInUse')}
                message={fault ?? t('administration.status.askOperator')}
              />
            )}
          </>
        )}
      </Answer>
    </div>
  );
}

function Configuration() {
  const { t } = useTranslation();
  const config = useQuery({
    queryKey: ['status', 'config'],
    queryFn: ({ signal }) => fetchStatus('config', signal),
  });
  return (
    <div className={css.card}>
      <Answer query={config} height={240}>
        {({ yaml = '' }) => (
          <>
            <h3 className={css.subhead}>
              <span>{t('administration.status.configuration')}</span>
              <CopyButton text={yaml} label={t('administration.status.copy')} />
            </h3>
            <pre className={css.code} tabIndex={0} aria-label={t('administration.status.configuration')}>
              {yaml}
            </pre>
          </>
        )}
      </Answer>
    </div>
  );
}

function Flags() {
  const { t } = useTranslation();
  const flags = useQuery({
    queryKey: ['status', 'flags'],
    queryFn: ({ signal }) => fetchStatus('flags', signal),
  });
  return (
    <div className={css.card}>
      <h3 className={css.subhead}>{t('administration.status.flags')}</h3>
      <Answer query={flags} height={90}>
        {(all) => (
          <table className={css.table}>
            <tbody>
              {Object.entries(all).map(([name, value]) => (
                <tr key={name}>
                  <td>
                    <code>{name}</code>
                  </td>
                  <td>
                    {value === '' ? (
                      <span className={css.quiet}>{t('administration.status.unset')}</span>
                    ) : (
                      value
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Answer>
      <p className={css.quiet}>
        {t('administration.status.limits')} <code>docs/limits.md</code>
      </p>
    </div>
  );
}
