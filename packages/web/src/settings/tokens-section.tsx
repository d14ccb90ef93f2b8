import type { ApiToken } from '@vedette/api';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fetchTokens } from '../api/administration.ts';
import { formatMoment } from '../chart/time-axis.ts';
import { Empty } from '../design/panel.tsx';
import { StrangeText } from '../design/strange-text.tsx';
import { Badge } from '../design/tone-badge.tsx';
import { visibleText } from '../design/visible-text.ts';
import { formatAge } from '../format/relative-time.ts';
import { useNow } from '../time/use-now.ts';
import { Ago } from './moment.tsx';
import { Answer, Section } from './section.tsx';
import css from './settings.module.css';
import { part } from '../lib/part.ts';

const CreateTokenDialog = part(async () => (await import('./token-dialogs.tsx')).CreateTokenDialog);
const RevokeTokenDialog = part(async () => (await import('./token-dialogs.tsx')).RevokeTokenDialog);

/** What programs show in place of a password. */
export function TokensSection() {
  const { t } = useTranslation();
  const [isCreating, setIsCreating] = useState(false);
  const [revoked, setRevoked] = useState<ApiToken>();
  return (
    <Section
      title={t('administration.section.tokens')}
      text={t('administration.tokens.text')}
      role="admin"
      action={<Button onClick={() => setIsCreating(true)}>{t('administration.tokens.create')}</Button>}
    >
      <TokenList onRevoke={setRevoked} />
      <Suspense>
        {isCreating && <CreateTokenDialog onClose={() => setIsCreating(false)} />}
        {revoked !== undefined && <RevokeTokenDialog token={revoked} onClose={() => setRevoked(undefined)} />}
      </Suspense>
    </Section>
  );
}

function TokenList({ onRevoke }: { readonly onRevoke: (token: ApiToken) => void }) {
  const { t } = useTranslation();
  const tokens = useQuery({ queryKey: ['tokens'], queryFn: ({ signal }) => fetchTokens(signal) });
  return (
    <Answer query={tokens} height={180}>
      {(list) =>
        list.length === 0 ? (
          <div className={css.card}>
            <Empty title={t('administration.tokens.none')} text={t('administration.tokens.noneText')} />
          </div>
        ) : (
          <ul className={css.rows}>
            {list.map((token) => (
              <TokenRow key={token.id} token={token} onRevoke={onRevoke} />
            ))}
          </ul>
        )
      }
    </Answer>
  );
}

interface TokenRowProps {
  readonly token: ApiToken;
  readonly onRevoke: (token: ApiToken) => void;
}

function TokenRow({ token, onRevoke }: TokenRowProps) {
  const { t } = useTranslation();
  const nowMs = useNow(60_000);
  const { name, role, scopes, hint, createdBy, createdAtMs, lastUsedAtMs } = token;
  return (
    <li className={css.row}>
      <div className={css.main}>
        <span className={css.name}>
          <StrangeText text={name} /> <code>{hint}…</code>
          <span className={css.role}>{t(`account.role.${role}`)}</span>
          <Expiry token={token} nowMs={nowMs} />
        </span>
        <span className={css.quiet}>
          {scopes.map((scope) => t(`administration.tokens.scope.${scope}`)).join(', ')}
        </span>
        <span className={css.quiet}>
          {t('administration.tokens.by', { name: createdBy })} <Ago atMs={createdAtMs} nowMs={nowMs} /> ·{' '}
          {lastUsedAtMs === null ? (
            t('administration.tokens.neverUsed')
          ) : (
            <>
              {t('administration.tokens.lastUsed')} <Ago atMs={lastUsedAtMs} nowMs={nowMs} />
            </>
          )}
        </span>
      </div>
      <Button
        variant="default"
        aria-label={`${t('administration.tokens.revoke')}: ${visibleText(name)}`}
        onClick={() => onRevoke(token)}
      >
        {t('administration.tokens.revoke')}
      </Button>
    </li>
  );
}

/** A week is time to make another one. */
const SOON_MS = 7 * 86_400_000;

function Expiry({ token: { expiresAtMs }, nowMs }: { readonly token: ApiToken; readonly nowMs: number }) {
  const { t, i18n } = useTranslation();
  if (expiresAtMs === null) return <span className={css.quiet}>{t('administration.tokens.noExpiry')}</span>;
  const leftMs = expiresAtMs - nowMs;
  const title = formatMoment(expiresAtMs, i18n.language);
  if (leftMs <= 0) return <Badge tone="critical">{t('administration.tokens.expired')}</Badge>;
  const words = t('administration.tokens.expiresIn', { left: formatAge(leftMs) });
  if (leftMs < SOON_MS) return <Badge tone="warning">{words}</Badge>;
  return (
    <span className={css.quiet} title={title}>
      {words}
    </span>
  );
}
