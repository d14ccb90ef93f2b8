import { Button, Modal } from '@mantine/core';
import type { ReactNode, RefObject, SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';
import css from './ask-dialog.module.css';
import { WriteFault } from './write-fault.tsx';

export interface AskDialogProps {
  readonly title: string;
  /** What the button does. */
  readonly verb: string;
  /** The way back; absent: "Cancel". */
  readonly refusal?: string;
  /** A question without fields: its button has the focus. */
  readonly isPlain?: boolean;
  readonly isPending: boolean;
  readonly fault: Error | null;
  readonly form?: RefObject<HTMLFormElement | null>;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A question or a short form over the page, with the fault of the last try. */
export function AskDialog(props: AskDialogProps) {
  const {
    title,
    verb,
    refusal,
    isPlain = false,
    isPending,
    fault,
    form,
    onSubmit,
    onClose,
    children,
  } = props;
  const { t } = useTranslation();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('shell.close') }}>
      <form className={css.form} noValidate onSubmit={submit} {...(form === undefined ? {} : { ref: form })}>
        {children}
        {fault !== null && <WriteFault fault={fault} />}
        <div className={css.buttons}>
          <Button type="submit" loading={isPending} {...(isPlain ? { 'data-autofocus': true } : {})}>
            {verb}
          </Button>
          <Button variant="default" onClick={onClose}>
            {refusal ?? t('silences.cancel')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
