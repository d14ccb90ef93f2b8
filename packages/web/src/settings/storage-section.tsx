import type { ServerState, StatusSummary } from '@vedette/api';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { fetchServerState } from '../api/administration.ts';
import { queryInstant } from '../api/prometheus.ts';
import { formatMoment } from '../chart/time-axis.ts';
import { CopyButton } from '../design/copy-button.tsx';
import { formatAge } from '../format/relative-time.ts';
import { formatValue } from '../format/unit.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { useLiveStatus } from '../live/use-live.ts';
import { useNow } from '../time/use-now.ts';
import { diskOutlookOf } from './disk-outlook.ts';
import { Answer, Section } from './section.tsx';
import css from './settings.module.css';

const REFRESH_MS = 60_000;

const BACKUP = 'npx vedette backup --out ./backup';

/** Where samples are, how long they stay, and how long the disk lasts. */
export function StorageSection() {
  const { t } = useTranslation();
  const server = useQuery({
    queryKey: ['server-state'],
    queryFn: ({ signal }) => fetchServerState(signal),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Section
      title={t('administration.section.storage')}
      text={t('administration.storage.text')}
      role="viewer"
    >
      <Answer query={server} height={320}>
        {({ storage }) => (
          <>
            <Disk storage={storage} />
            <Retention storage={storage} />
            <Backup />
          </>
        )}
      </Answer>
    </Section>
  );
}

function Disk({ storage }: { readonly storage: ServerState['storage'] }) {
  const { t, i18n } = useTranslation();
  const status = useLiveStatus()?.storage;
  const nowMs = useNow(60_000);
  const sizes = useSizes();
  const bytes = (value: number | null | undefined): string =>
    value === null || value === undefined ? '–' : formatValue(value, 'bytes');
  const oldestMs = status?.oldestSampleMs ?? null;
  return (
    <div className={css.card}>
      <dl className={css.facts}>
        <Fact name={t('administration.storage.engine')}>
          {t(`administration.storage.engines.${storage.engine}`)}
        </Fact>
        <Fact name={t('administration.storage.size')}>{bytes(status?.diskBytes)}</Fact>
        <Fact name={t('administration.storage.wal')}>{bytes(sizes?.walBytes)}</Fact>
        <Fact name={t('administration.storage.free')}>{bytes(status?.diskFreeBytes)}</Fact>
        <Fact name={t('administration.storage.oldest')}>
          {oldestMs === null ? (
            '–'
          ) : (
            <time title={formatMoment(oldestMs, i18n.language)} dateTime={new Date(oldestMs).toISOString()}>
              {t('administration.ago', { age: formatAge(nowMs - oldestMs) })}
            </time>
          )}
        </Fact>
        <Fact name={t('administration.storage.rate')}>
          {status === undefined ? '–' : formatValue(status.samplesPerSecond, 'cps')}
        </Fact>
      </dl>
      {status !== undefined && (
        <Outlook storage={storage} status={status} growth={sizes?.growthBytesPerSecond} />
      )}
    </div>
  );
}

interface OutlookProps {
  readonly storage: ServerState['storage'];
  readonly status: StatusSummary['storage'];
  readonly growth: number | undefined;
}

function Outlook({ storage, status, growth }: OutlookProps) {
  const { t } = useTranslation();
  const nowMs = useNow(60_000);
  const outlook = diskOutlookOf({
    growthBytesPerSecond: growth,
    freeBytes: status.diskFreeBytes,
    usedBytes: status.diskBytes,
    retentionBytes: storage.retentionBytes,
    oldestAgeMs: status.oldestSampleMs === null ? null : nowMs - status.oldestSampleMs,
    retentionMs: storage.retentionMs,
  });
  const perDay = formatValue((growth ?? 0) * 86_400, 'bytes');
  return (
    <p className={css.outlook} data-kind={outlook.kind}>
      {outlook.kind === 'fills'
        ? t('administration.storage.outlook.fills', { perDay, time: formatAge(outlook.inMs) })
        : t(`administration.storage.outlook.${outlook.kind}`, { perDay })}
    </p>
  );
}

function Retention({ storage }: { readonly storage: ServerState['storage'] }) {
  const { t } = useTranslation();
  const { retentionMs, retentionBytes, retentionRules, engine, directory } = storage;
  if (engine === 'prometheus') return <p className={css.card}>{t('administration.storage.elsewhere')}</p>;
  return (
    <div className={css.card}>
      <h3 className={css.subhead}>{t('administration.storage.retention')}</h3>
      <dl className={css.facts}>
        <Fact name={t('administration.storage.byTime')}>
          {retentionMs === null ? t('administration.storage.noLimit') : formatAge(retentionMs)}
        </Fact>
        <Fact name={t('administration.storage.bySize')}>
          {retentionBytes === null
            ? t('administration.storage.noLimit')
            : formatValue(retentionBytes, 'bytes')}
        </Fact>
        <Fact name={t('administration.storage.directory')}>
          <code>{directory}</code>
        </Fact>
      </dl>
      {retentionRules.length === 0 ? (
        <p className={css.quiet}>
          {t('administration.storage.noRules')} <code>storage.metrics.retention_rules</code>
        </p>
      ) : (
        <table className={css.table}>
          <thead>
            <tr>
              <th>{t('administration.storage.selector')}</th>
              <th className={css.number}>{t('administration.storage.keptFor')}</th>
            </tr>
          </thead>
          <tbody>
            {retentionRules.map(({ match, retentionMs: ms }) => (
              <tr key={match}>
                <td>
                  <code>{match}</code>
                </td>
                <td className={css.number}>{formatAge(ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Backup() {
  const { t } = useTranslation();
  return (
    <div className={css.card}>
      <h3 className={css.subhead}>{t('administration.storage.backup')}</h3>
      <p className={css.text}>{t('administration.storage.backupText')}</p>
      <div className={css.secret}>
        <code>{BACKUP}</code>
        <CopyButton text={BACKUP} label={t('administration.storage.copyBackup')} />
      </div>
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Read from the server's own metrics; absent where these are not scraped. */
function useSizes(): { walBytes: number | undefined; growthBytesPerSecond: number | undefined } | undefined {
  const { data } = useQuery({
    queryKey: ['storage-sizes'],
    queryFn: async ({ signal }) => {
      const nowMs = browserClock.nowMs();
      const [walBytes, growthBytesPerSecond] = await Promise.all([
        firstValue('max(vedette_tsdb_wal_bytes)', nowMs, signal),
        firstValue('max(deriv(vedette_tsdb_block_bytes[6h]))', nowMs, signal),
      ]);
      return { walBytes, growthBytesPerSecond };
    },
    refetchInterval: REFRESH_MS,
  });
  return data;
}

async function firstValue(expr: string, nowMs: number, signal: AbortSignal): Promise<number | undefined> {
  const answer = await queryInstant(expr, nowMs, signal);
  const text = answer.resultType === 'vector' ? answer.result[0]?.value[1] : undefined;
  return text === undefined ? undefined : Number(text);
}
