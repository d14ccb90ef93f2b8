import type { Account } from '@vedette/api';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../account/use-session.ts';
import { fetchAccounts } from '../api/administration.ts';
import { Empty } from '../design/panel.tsx';
import { Badge } from '../design/tone-badge.tsx';
import { useNow } from '../time/use-now.ts';
import type { AccountAsk } from './account-dialogs.tsx';
import { Ago } from './moment.tsx';
import { Answer, Section } from './section.tsx';
import css from './settings.module.css';
import { part } from '../lib/part.ts';

const AccountDialog = part(async () => (await import('./account-dialogs.tsx')).AccountDialog);

/** Who may sign in, and as what. */
export function AccountsSection() {
  const { t } = useTranslation();
  const [ask, setAsk] = useState<AccountAsk>();
  return (
    <Section
      title={t('administration.section.accounts')}
      text={t('administration.accounts.text')}
      role="admin"
      action={
        <Button onClick={() => setAsk({ kind: 'create' })}>{t('administration.accounts.create')}</Button>
      }
    >
      <AccountList onAsk={setAsk} />
      {ask !== undefined && (
        <Suspense>
          <AccountDialog ask={ask} onClose={() => setAsk(undefined)} />
        </Suspense>
      )}
    </Section>
  );
}

function AccountList({ onAsk }: { readonly onAsk: (ask: AccountAsk) => void }) {
  const { t } = useTranslation();
  const accounts = useQuery({ queryKey: ['accounts'], queryFn: ({ signal }) => fetchAccounts(signal) });
  return (
    <Answer query={accounts} height={180}>
      {(list) =>
        list.length === 0 ? (
          <div className={css.card}>
            <Empty title={t('administration.accounts.none')} text={t('administration.accounts.noneText')} />
          </div>
        ) : (
          <ul className={css.rows}>
            {list.map((account) => (
              <AccountRow key={account.name} account={account} onAsk={onAsk} />
            ))}
          </ul>
        )
      }
    </Answer>
  );
}

interface AccountRowProps {
  readonly account: Account;
  readonly onAsk: (ask: AccountAsk) => void;
}

function AccountRow({ account, onAsk }: AccountRowProps) {
  const { t } = useTranslation();
  const nowMs = useNow(60_000);
  const { name, role, source, isDisabled, lastSignInAtMs } = account;
  const isOwn = useSession().data?.account === name;
  const kinds = [
    ...(source === 'password' ? (['role', 'password'] as const) : []),
    isDisabled ? ('enable' as const) : ('disable' as const),
    'delete' as const,
  ];
  return (
    <li className={css.row}>
      <div className={css.main}>
        <span className={css.name}>
          {name}
          <span className={css.role}>{t(`account.role.${role}`)}</span>
          {isDisabled && <Badge tone="unknown">{t('administration.accounts.disabled')}</Badge>}
          {isOwn && <span className={css.quiet}>{t('administration.accounts.you')}</span>}
        </span>
        <span className={css.quiet}>
          {t(`administration.accounts.source.${source}`)} ·{' '}
          {lastSignInAtMs === null ? (
            t('administration.accounts.neverSignedIn')
          ) : (
            <>
              {t('administration.accounts.lastSignIn')} <Ago atMs={lastSignInAtMs} nowMs={nowMs} />
            </>
          )}
        </span>
      </div>
      <div className={css.buttons}>
        {kinds.map((kind) => (
          <Button
            key={kind}
            variant="default"
            aria-label={`${t(`administration.accounts.do.${kind}`)}: ${name}`}
            onClick={() => onAsk({ kind, account })}
          >
            {t(`administration.accounts.do.${kind}`)}
          </Button>
        ))}
      </div>
    </li>
  );
}
