import { Button, Modal } from '@mantine/core';
import type { FormEvent, ReactNode, RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { WriteFault } from '../silences/write-fault.tsx';
import css from './settings.module.css';

export interface AskDialogProps {
  readonly title: string;
  /** What the button does. */
  readonly verb: string;
  readonly isPending: boolean;
  readonly fault: Error | null;
  readonly form?: RefObject<HTMLFormElement | null>;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A question or a short form over the page, with the fault of the last try. */
export function AskDialog(props: AskDialogProps) {
  const { title, verb, isPending, fault, form, onSubmit, onClose, children } = props;
  const { t } = useTranslation();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('shell.close') }}>
      <form className={css.form} noValidate onSubmit={submit} {...(form === undefined ? {} : { ref: form })}>
        {children}
        {fault !== null && <WriteFault fault={fault} />}
        <div className={css.buttons}>
          <Button type="submit" loading={isPending}>
            {verb}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('silences.cancel')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
