import type { ApiToken, CreatedToken, Role } from '@vedette/api';
import { Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { createToken, revokeToken } from '../api/administration.ts';
import { CopyButton } from '../design/copy-button.tsx';
import { useTries } from '../design/use-tries.ts';
import { AskDialog } from '../design/ask-dialog.tsx';
import { RoleField } from './role-field.tsx';
import { SCOPES } from './roles.ts';
import css from './settings.module.css';

/** Days; a quarter by default, so that forgotten ones die. */
const EXPIRIES = ['30', '90', '365', 'never'] as const;

type Scope = ApiToken['scopes'][number];

export function CreateTokenDialog({ onClose }: { readonly onClose: () => void }) {
  const queries = useQueryClient();
  const making = useMutation({
    mutationFn: createToken,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tokens'] }),
  });
  if (making.data !== undefined) return <SecretDialog token={making.data} onClose={onClose} />;
  return <TokenForm making={making} onClose={onClose} />;
}

interface TokenFormProps {
  readonly making: {
    readonly isPending: boolean;
    readonly error: Error | null;
    readonly mutate: (draft: Parameters<typeof createToken>[0]) => void;
  };
  readonly onClose: () => void;
}

function TokenForm({ making, onClose }: TokenFormProps) {
  const { t } = useTranslation();
  const { form, isTried, tryAgain } = useTries();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [scopes, setScopes] = useState<readonly Scope[]>(['read']);
  const [expiry, setExpiry] = useState<string>('90');
  const submit = (): void => {
    tryAgain();
    if (name.trim() === '' || scopes.length === 0) return;
    const expiresInDays = expiry === 'never' ? null : Number(expiry);
    making.mutate({ name: name.trim(), role, scopes: [...scopes], expiresInDays });
  };
  return (
    <AskDialog
      title={t('administration.tokens.create')}
      verb={t('administration.tokens.create')}
      isPending={making.isPending}
      fault={making.error}
      form={form}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextInput
        label={t('administration.tokens.name')}
        description={t('administration.tokens.nameHelp')}
        value={name}
        maxLength={100}
        data-autofocus
        error={isTried && name.trim() === '' ? t('administration.tokens.nameFault') : undefined}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <ScopeField value={scopes} isTried={isTried} onChange={setScopes} />
      <RoleField value={role} onChange={setRole} />
      <NativeSelect
        size="xs"
        label={t('administration.tokens.expiry')}
        value={expiry}
        data={EXPIRIES.map((value) => ({ value, label: t(`administration.tokens.days.${value}`) }))}
        onChange={(event) => setExpiry(event.currentTarget.value)}
      />
    </AskDialog>
  );
}

interface ScopeFieldProps {
  readonly value: readonly Scope[];
  readonly isTried: boolean;
  readonly onChange: (scopes: readonly Scope[]) => void;
}

function ScopeField({ value, isTried, onChange }: ScopeFieldProps) {
  const { t } = useTranslation();
  const isFault = isTried && value.length === 0;
  return (
    <fieldset>
      <legend>{t('administration.tokens.scopes')}</legend>
      {SCOPES.map((scope) => (
        <label key={scope} className={css.choice}>
          <input
            type="checkbox"
            checked={value.includes(scope)}
            aria-invalid={isFault}
            onChange={(event) =>
              onChange(
                SCOPES.filter((known) =>
                  known === scope ? event.currentTarget.checked : value.includes(known),
                ),
              )
            }
          />
          {t(`administration.tokens.scope.${scope}`)}
          <span className={css.quiet}>{t(`administration.tokens.opens.${scope}`)}</span>
        </label>
      ))}
      {isFault && <span className={css.error}>{t('administration.tokens.scopeFault')}</span>}
    </fieldset>
  );
}

/** The only time that the secret is seen. It closes by its button alone, so that no stray click loses it. */
function SecretDialog({ token, onClose }: { readonly token: CreatedToken; readonly onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={t('administration.tokens.created', { name: token.name })}
    >
      <div className={css.form}>
        <p>{t('administration.tokens.once')}</p>
        <div className={css.secret}>
          <code>{token.secret}</code>
          <CopyButton text={token.secret} label={t('administration.tokens.copySecret')} />
        </div>
        <p className={css.quiet}>{t('administration.tokens.use')}</p>
        <pre className={css.code} tabIndex={0}>{`Authorization: Bearer ${token.secret.slice(0, 6)}…`}</pre>
        <div className={css.buttons}>
          <Button onClick={onClose}>{t('administration.tokens.kept')}</Button>
        </div>
      </div>
    </Modal>
  );
}

export function RevokeTokenDialog({
  token,
  onClose,
}: {
  readonly token: ApiToken;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const revoking = useMutation({
    mutationFn: revokeToken,
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: ['tokens'] });
    },
  });
  return (
    <AskDialog
      title={t('administration.tokens.askRevoke', { name: token.name })}
      verb={t('administration.tokens.revoke')}
      isPending={revoking.isPending}
      fault={revoking.error}
      onSubmit={() => revoking.mutate(token.id)}
      onClose={onClose}
    >
      <p>{t('administration.tokens.thenRevoke')}</p>
    </AskDialog>
  );
}
