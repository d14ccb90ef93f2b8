import type { SessionState } from '@vedette/api';
import { Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { SignInForm } from '../account/sign-in-form.tsx';

export interface SignInDialogProps {
  readonly ways: SessionState['ways'];
  /** Absent: there is nothing behind it to go back to. */
  readonly onClose?: () => void;
}

/** Asks who one is. */
export function SignInDialog({ ways, onClose }: SignInDialogProps) {
  const { t } = useTranslation();
  const isClosable = onClose !== undefined;
  return (
    <Modal
      opened
      onClose={onClose ?? (() => undefined)}
      withCloseButton={isClosable}
      closeOnEscape={isClosable}
      closeOnClickOutside={false}
      title={t('signIn.title')}
      closeButtonProps={{ 'aria-label': t('shell.close') }}
    >
      <SignInForm ways={ways} onDone={onClose ?? (() => undefined)} />
    </Modal>
  );
}
