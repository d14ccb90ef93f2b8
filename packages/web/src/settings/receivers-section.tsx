import type { ReceiverChannel, ReceiverSummary } from '@vedette/api';
import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { fetchReceivers, testReceiver } from '../api/administration.ts';
import { useIsViewer } from '../api/use-alertmanager.ts';
import { Empty } from '../design/panel.tsx';
import { Badge } from '../design/tone-badge.tsx';
import { WriteFault } from '../design/write-fault.tsx';
import { useNow } from '../time/use-now.ts';
import { Ago } from './moment.tsx';
import { ReceiverTestOutcome } from './receiver-test-outcome.tsx';
import { Answer, Section } from './section.tsx';
import css from './settings.module.css';

const REFRESH_MS = 15_000;

const LINES = `alertmanager:
  route: { receiver: team }
  receivers:
    - name: team
      webhook_configs:
        - url: http://127.0.0.1:9000/hook`;

/** Who is told of alerts, by which channels, and whether these work. */
export function ReceiversSection() {
  const { t } = useTranslation();
  const receivers = useQuery({
    queryKey: ['receivers'],
    queryFn: ({ signal }) => fetchReceivers(signal),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Section
      title={t('administration.section.receivers')}
      text={t('administration.receivers.text')}
      role="viewer"
    >
      <Answer query={receivers} height={240}>
        {(list) =>
          list.length === 0 ? (
            <div className={css.card}>
              <Empty
                title={t('administration.receivers.none')}
                text={t('administration.receivers.noneText')}
                code={LINES}
              />
            </div>
          ) : (
            list.map((receiver) => <Receiver key={receiver.name} receiver={receiver} />)
          )
        }
      </Answer>
    </Section>
  );
}

function Receiver({ receiver: { name, isRouted, channels } }: { readonly receiver: ReceiverSummary }) {
  const { t } = useTranslation();
  return (
    <section className={css.card} aria-label={name}>
      <h3 className={css.subhead}>
        <span>{name}</span>
        {!isRouted && <Badge tone="unknown">{t('administration.receivers.unrouted')}</Badge>}
        <Link className={css.link} to="/alerts" search={{ receiver: name }}>
          {t('administration.receivers.alerts')}
        </Link>
      </h3>
      {channels.length === 0 ? (
        <p className={css.text}>{t('administration.receivers.noChannel')}</p>
      ) : (
        <ul className={css.rows}>
          {channels.map((channel) => (
            <Channel key={`${channel.integration} ${channel.index}`} receiver={name} channel={channel} />
          ))}
        </ul>
      )}
    </section>
  );
}

interface ChannelProps {
  readonly receiver: string;
  readonly channel: ReceiverChannel;
}

function Channel({ receiver, channel }: ChannelProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const isViewer = useIsViewer();
  const { integration, index, place, isTestable } = channel;
  const test = useMutation({
    mutationFn: testReceiver,
    onSettled: () => queries.invalidateQueries({ queryKey: ['receivers'] }),
  });
  const name = index === 0 ? integration : `${integration} ${index + 1}`;
  return (
    <li className={css.row}>
      <div className={css.main}>
        <span className={css.name}>
          {name}
          <span className={css.quiet}>
            {place ?? (isTestable ? t('administration.receivers.noPlace') : '')}
          </span>
        </span>
        <LastAttempt channel={channel} />
      </div>
      {isTestable && !isViewer && (
        <Button
          variant="default"
          loading={test.isPending}
          aria-label={t('administration.receivers.testOf', { channel: name, receiver })}
          onClick={() => test.mutate({ receiver, integration, index })}
        >
          {t('administration.receivers.test')}
        </Button>
      )}
      {test.error !== null && <WriteFault fault={test.error} />}
      {test.data !== undefined && <ReceiverTestOutcome result={test.data} />}
    </li>
  );
}

function LastAttempt({ channel: { lastAttempt, isTestable } }: { readonly channel: ReceiverChannel }) {
  const { t } = useTranslation();
  const nowMs = useNow(10_000);
  if (lastAttempt === null)
    return (
      <span className={css.quiet}>
        {t(isTestable ? 'administration.receivers.neverUsed' : 'administration.receivers.acts')}
      </span>
    );
  const { outcome, error, atMs } = lastAttempt;
  return (
    <span className={css.quiet}>
      {t(`administration.receivers.last.${outcome}`)} <Ago atMs={atMs} nowMs={nowMs} />
      {error !== null && <span className={css.failure}> · {error}</span>}
    </span>
  );
}
