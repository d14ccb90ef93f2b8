import type { SessionState } from '@vedette/api';
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useContext, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { apiUrl, basePath, RequestError } from '../api/http.ts';
import { signIn } from '../api/vedette.ts';
import design from '../design/design.module.css';
import { Fault } from '../design/fault.tsx';
import { formatAge } from '../format/relative-time.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { LiveContext } from '../live/use-live.ts';
import { useNow } from '../time/use-now.ts';
import css from './account.module.css';

export interface SignInFormProps {
  readonly ways: SessionState['ways'];
  readonly onDone: () => void;
}

/** The ways into this server, the usual one first. Whoever comes in stays where they are. */
export function SignInForm({ ways, onDone }: SignInFormProps) {
  const { t } = useTranslation();
  const [wantsToken, setWantsToken] = useState(false);
  const isToken = ways.token && (wantsToken || !ways.password);
  if (ways.setup) return <FirstAccount hasToken={ways.token} onDone={onDone} />;
  return (
    <div className={css.ways}>
      {ways.oidc !== null && <ProviderLink label={ways.oidc} />}
      {ways.oidc !== null && (ways.password || ways.token) && <div className={css.or}>{t('signIn.or')}</div>}
      {isToken && <TokenForm onDone={onDone} />}
      {ways.password && !isToken && <PasswordForm onDone={onDone} />}
      {ways.password && ways.token && (
        <button type="button" className={css.link} onClick={() => setWantsToken(!isToken)}>
          {t(isToken ? 'signIn.withPassword' : 'signIn.withToken')}
        </button>
      )}
    </div>
  );
}

/** The provider sends back to where one was. */
function ProviderLink({ label }: { readonly label: string }) {
  const here = location.pathname.slice(basePath().length) + location.search;
  const address = `${apiUrl('/api/vedette/oidc/start')}?return=${encodeURIComponent(here)}`;
  return (
    <a className={`${design.buttonLink} ${css.provider}`} href={address}>
      {label}
    </a>
  );
}

/** Nobody has an account yet. */
function FirstAccount({ hasToken, onDone }: { readonly hasToken: boolean; readonly onDone: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={css.ways}>
      <p>{t('signIn.setup')}</p>
      <p className={css.hint}>{t('setup.spentText')}</p>
      {hasToken && <TokenForm onDone={onDone} />}
    </div>
  );
}

function PasswordForm({ onDone }: Pick<SignInFormProps, 'onDone'>) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const entry = useSignIn(onDone);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    entry.submit({ name: name.trim(), password });
  };
  return (
    <form className={css.form} onSubmit={submit}>
      <TextInput
        label={t('signIn.name')}
        value={name}
        autoComplete="username"
        spellCheck={false}
        data-autofocus
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label={t('signIn.password')}
        value={password}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ 'aria-label': t('setup.showPassword') }}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <EntryFault entry={entry} />
      <Button
        type="submit"
        loading={entry.isPending}
        disabled={name.trim() === '' || password === '' || entry.leftMs > 0}
      >
        {t('signIn.submit')}
      </Button>
    </form>
  );
}

/** A token is exchanged for a cookie and not kept here. */
function TokenForm({ onDone }: Pick<SignInFormProps, 'onDone'>) {
  const { t } = useTranslation();
  const [token, setToken] = useState('');
  const entry = useSignIn(onDone);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    entry.submit({ token: token.trim() });
  };
  return (
    <form className={css.form} onSubmit={submit}>
      <PasswordInput
        label={t('signIn.token')}
        value={token}
        autoComplete="current-password"
        data-autofocus
        visibilityToggleButtonProps={{ 'aria-label': t('setup.showPassword') }}
        onChange={(event) => setToken(event.currentTarget.value)}
      />
      <p className={css.hint}>
        {t('signIn.where')} <code>server.token_file</code>
      </p>
      <EntryFault entry={entry} />
      <Button type="submit" loading={entry.isPending} disabled={token.trim() === '' || entry.leftMs > 0}>
        {t('signIn.submit')}
      </Button>
    </form>
  );
}

interface Entry {
  readonly submit: (credentials: Parameters<typeof signIn>[0]) => void;
  readonly isPending: boolean;
  readonly fault: Error | null;
  /** Until the server listens again after too many tries. */
  readonly leftMs: number;
}

function useSignIn(onDone: () => void): Entry {
  const queries = useQueryClient();
  const live = useContext(LiveContext);
  const [openAtMs, setOpenAtMs] = useState(0);
  const nowMs = useNow(openAtMs === 0 ? undefined : 1000);
  const entry = useMutation({
    mutationFn: signIn,
    onSuccess: async () => {
      await queries.invalidateQueries();
      live?.reconnectNow();
      onDone();
    },
    onError: (fault) => {
      const waitMs = fault instanceof RequestError ? (fault.retryAfterMs ?? 0) : 0;
      setOpenAtMs(waitMs === 0 ? 0 : browserClock.nowMs() + waitMs);
    },
  });
  return {
    submit: (credentials) => entry.mutate(credentials),
    isPending: entry.isPending,
    fault: entry.error,
    leftMs: Math.max(0, openAtMs - nowMs),
  };
}

function EntryFault({ entry: { fault, leftMs } }: { readonly entry: Entry }) {
  const { t } = useTranslation();
  if (fault === null) return null;
  const status = fault instanceof RequestError ? fault.status : 0;
  if (status === 429)
    return (
      <Fault
        title={t('signIn.tooMany')}
        message={leftMs > 0 ? t('signIn.wait', { left: formatAge(leftMs) }) : t('signIn.again')}
      />
    );
  return <Fault {...(status === 401 ? { title: t('signIn.wrong') } : {})} message={fault.message} />;
}
