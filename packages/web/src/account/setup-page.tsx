import { Button, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useContext, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { setUp } from '../api/administration.ts';
import { RequestError } from '../api/http.ts';
import { Fault } from '../design/fault.tsx';
import { useTries } from '../design/use-tries.ts';
import { LiveContext } from '../live/use-live.ts';
import { Page } from '../shell/page.tsx';
import css from './account.module.css';
import { isAccountName } from './account-name.ts';
import { NewPasswordField } from './new-password-field.tsx';
import { isTakenPassword, judgePassword } from './password-judgement.ts';
import { setupKeyOf } from './setup-link.ts';

/** Where the one-time link of a new server leads: makes the first account, an administrator. */
export function SetupPage() {
  const { t } = useTranslation();
  const [key] = useState(() => setupKeyOf(location.hash));
  return (
    <Page title={t('setup.title')}>
      <div className={css.card}>{key === undefined ? <NoKey /> : <SetupForm linkKey={key} />}</div>
    </Page>
  );
}

/** The page without its key: opened by hand, or with a link that was cut. */
function NoKey() {
  const { t } = useTranslation();
  return (
    <>
      <h2>{t('setup.noKey')}</h2>
      <p>{t('setup.noKeyText')}</p>
    </>
  );
}

function SetupForm({ linkKey }: { readonly linkKey: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const live = useContext(LiveContext);
  const { form, isTried, tryAgain } = useTries();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const making = useMutation({
    mutationFn: setUp,
    onSuccess: async () => {
      await queries.invalidateQueries();
      live?.reconnectNow();
      // Also takes the spent key out of the address.
      await navigate({ to: '/', replace: true });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    tryAgain();
    if (isAccountName(name) && isTakenPassword(judgePassword(password, name)))
      making.mutate({ key: linkKey, name, password });
  };
  return (
    <form ref={form} className={css.form} onSubmit={submit} noValidate>
      <h2>{t('setup.heading')}</h2>
      <p>{t('setup.text')}</p>
      <TextInput
        label={t('setup.name')}
        description={t('setup.nameHelp')}
        value={name}
        autoComplete="username"
        spellCheck={false}
        error={isTried && !isAccountName(name) ? t('setup.nameFault') : undefined}
        onChange={(event) => setName(event.currentTarget.value.trim())}
      />
      <NewPasswordField
        label={t('setup.choosePassword')}
        value={password}
        name={name}
        isTried={isTried}
        onChange={setPassword}
      />
      {making.error !== null && <SetupFault fault={making.error} />}
      <Button type="submit" loading={making.isPending}>
        {t('setup.submit')}
      </Button>
    </form>
  );
}

/** A spent or expired link is the usual fault: then the way to a new one is told. */
function SetupFault({ fault }: { readonly fault: Error }) {
  const { t } = useTranslation();
  const isSpent = fault instanceof RequestError && [401, 403, 404, 409, 410].includes(fault.status);
  return (
    <div role="alert">
      <Fault message={fault.message} {...(isSpent ? { title: t('setup.spent') } : {})} />
      {isSpent && <p className={css.hint}>{t('setup.spentText')}</p>}
    </div>
  );
}
