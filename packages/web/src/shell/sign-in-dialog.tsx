import { Button, Modal, PasswordInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useContext, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { signIn } from '../api/vedette.ts';
import { LiveContext } from '../live/use-live.ts';
import css from './shell.module.css';

/** Asks for the server's token. It is exchanged for a cookie and not kept here. */
export function SignInDialog() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const live = useContext(LiveContext);
  const [token, setToken] = useState('');
  const [fault, setFault] = useState<string>();
  const [isSending, setIsSending] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setIsSending(true);
    try {
      await signIn(token.trim());
      setToken('');
      setFault(undefined);
      await queries.invalidateQueries();
      live?.reconnectNow();
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    } finally {
      setIsSending(false);
    }
  };
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={t('signIn.title')}
    >
      <form className={css.signIn} onSubmit={(event) => void submit(event)}>
        <p>{t('signIn.text')}</p>
        <PasswordInput
          label={t('signIn.token')}
          value={token}
          error={fault}
          autoComplete="current-password"
          data-autofocus
          onChange={(event) => setToken(event.currentTarget.value)}
        />
        <p className={css.hint}>
          {t('signIn.where')} <code>server.token_file</code>
        </p>
        <Button type="submit" loading={isSending} disabled={token.trim() === ''}>
          {t('signIn.submit')}
        </Button>
      </form>
    </Modal>
  );
}
