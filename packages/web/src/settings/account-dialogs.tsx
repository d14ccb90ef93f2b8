import type { Account, Role } from '@vedette/api';
import { TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isAccountName } from '../account/account-name.ts';
import { NewPasswordField } from '../account/new-password-field.tsx';
import { isTakenPassword, judgePassword } from '../account/password-judgement.ts';
import { changeAccount, createAccount, deleteAccount } from '../api/administration.ts';
import { useTries } from '../design/use-tries.ts';
import { AskDialog } from '../design/ask-dialog.tsx';
import { RoleField } from './role-field.tsx';

/** What is asked about an account. */
export type AccountAsk =
  | { readonly kind: 'create' }
  | { readonly kind: 'role' | 'password' | 'disable' | 'enable' | 'delete'; readonly account: Account };

interface Asked {
  readonly onClose: () => void;
}

export function AccountDialog({ ask, onClose }: Asked & { readonly ask: AccountAsk }) {
  switch (ask.kind) {
    case 'create':
      return <CreateDialog onClose={onClose} />;
    case 'role':
      return <RoleDialog account={ask.account} onClose={onClose} />;
    case 'password':
      return <PasswordDialog account={ask.account} onClose={onClose} />;
    case 'disable':
    case 'enable':
    case 'delete':
      return <ConsequenceDialog kind={ask.kind} account={ask.account} onClose={onClose} />;
  }
}

/** A change of the list; the session too, since it may be one's own account. */
function useChange<T>(change: (order: T) => Promise<void>, onDone: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      onDone();
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['accounts'] }),
        queries.invalidateQueries({ queryKey: ['session'] }),
      ]);
    },
  });
}

function CreateDialog({ onClose }: Asked) {
  const { t } = useTranslation();
  const { form, isTried, tryAgain } = useTries();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [password, setPassword] = useState('');
  const making = useChange(createAccount, onClose);
  const submit = (): void => {
    tryAgain();
    if (isAccountName(name) && isTakenPassword(judgePassword(password, name)))
      making.mutate({ name, role, password });
  };
  return (
    <AskDialog
      title={t('administration.accounts.create')}
      verb={t('administration.accounts.create')}
      isPending={making.isPending}
      fault={making.error}
      form={form}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextInput
        label={t('setup.name')}
        value={name}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
        error={isTried && !isAccountName(name) ? t('setup.nameFault') : undefined}
        onChange={(event) => setName(event.currentTarget.value.trim())}
      />
      <RoleField value={role} onChange={setRole} />
      <NewPasswordField
        label={t('setup.choosePassword')}
        value={password}
        name={name}
        isTried={isTried}
        onChange={setPassword}
      />
    </AskDialog>
  );
}

interface OfAccount extends Asked {
  readonly account: Account;
}

function RoleDialog({ account, onClose }: OfAccount) {
  const { t } = useTranslation();
  const [role, setRole] = useState(account.role);
  const changing = useChange(changeAccount, onClose);
  return (
    <AskDialog
      title={t('administration.accounts.roleOf', { name: account.name })}
      verb={t('administration.accounts.do.role')}
      isPending={changing.isPending}
      fault={changing.error}
      onSubmit={() => changing.mutate({ name: account.name, change: { role } })}
      onClose={onClose}
    >
      <RoleField value={role} onChange={setRole} />
      <p>{t('administration.accounts.roleAtOnce')}</p>
    </AskDialog>
  );
}

function PasswordDialog({ account, onClose }: OfAccount) {
  const { t } = useTranslation();
  const { form, isTried, tryAgain } = useTries();
  const [password, setPassword] = useState('');
  const changing = useChange(changeAccount, onClose);
  const submit = (): void => {
    tryAgain();
    if (isTakenPassword(judgePassword(password, account.name)))
      changing.mutate({ name: account.name, change: { password } });
  };
  return (
    <AskDialog
      title={t('administration.accounts.passwordOf', { name: account.name })}
      verb={t('administration.accounts.do.password')}
      isPending={changing.isPending}
      fault={changing.error}
      form={form}
      onSubmit={submit}
      onClose={onClose}
    >
      <NewPasswordField
        label={t('setup.choosePassword')}
        value={password}
        name={account.name}
        isTried={isTried}
        onChange={setPassword}
      />
      <p>{t('administration.accounts.passwordEnds')}</p>
    </AskDialog>
  );
}

/** Asks once more, and says what will be then. */
function ConsequenceDialog({
  kind,
  account,
  onClose,
}: OfAccount & { readonly kind: 'disable' | 'enable' | 'delete' }) {
  const { t } = useTranslation();
  const { name } = account;
  const changing = useChange(
    async () =>
      kind === 'delete'
        ? await deleteAccount(name)
        : await changeAccount({ name, change: { isDisabled: kind === 'disable' } }),
    onClose,
  );
  return (
    <AskDialog
      title={t(`administration.accounts.ask.${kind}`, { name })}
      verb={t(`administration.accounts.do.${kind}`)}
      isPending={changing.isPending}
      fault={changing.error}
      onSubmit={() => changing.mutate(undefined)}
      onClose={onClose}
    >
      <p>{t(`administration.accounts.then.${kind}`)}</p>
    </AskDialog>
  );
}
