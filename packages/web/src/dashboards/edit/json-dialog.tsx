import { Button, Modal } from '@mantine/core';
import { parseDashboardText } from '@vedette/dashboard';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Fault } from '../../design/fault.tsx';
import css from './edit.module.css';

export interface JsonDialogProps {
  readonly title: string;
  readonly json: unknown;
  /** Takes the text over; what it throws is shown. Absent: only to be read. */
  readonly onApply?: (json: unknown) => void;
  readonly onClose: () => void;
}

/** The JSON as it is stored: to read, to copy and, with the right to, to change. */
export function JsonDialog({ title, json, onApply, onClose }: JsonDialogProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => JSON.stringify(json, null, 2));
  const [fault, setFault] = useState<string>();
  const apply = (): void => {
    try {
      onApply?.(parseDashboardText(text));
      onClose();
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Modal
      opened
      size="xl"
      onClose={onClose}
      title={title}
      closeButtonProps={{ 'aria-label': t('shell.close') }}
    >
      <div className={css.form}>
        <textarea
          className={`${css.input} ${css.code}`}
          aria-label={title}
          aria-invalid={fault !== undefined}
          value={text}
          readOnly={onApply === undefined}
          spellCheck={false}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setFault(undefined);
          }}
        />
        {fault !== undefined && <Fault title={t('dashboards.edit.jsonFault')} message={fault} />}
        {onApply !== undefined && (
          <div className={css.line}>
            <Button onClick={apply}>{t('dashboards.edit.apply')}</Button>
          </div>
        )}
      </div>
    </Modal>
  );
}
