import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { setPolicyMode, type GuardPolicy } from '../api/guard.ts';
import { AskDialog } from '../design/ask-dialog.tsx';
import css from './guard.module.css';
import { SaidFields, saidOf, useSaid } from './said-fields.tsx';
import { useGuardChange } from './use-guard.ts';

const MODES = ['off', 'shadow', 'canary', 'enforce'] as const;

export interface ModeDialogProps {
  readonly policy: GuardPolicy;
  readonly onClose: () => void;
}

/** Changes what a policy does until its configuration changes; where a brake was pulled, the way back is chosen already. */
export function ModeDialog({ policy, onClose }: ModeDialogProps) {
  const { t } = useTranslation();
  const [mode, setMode] = useState(policy.configuredMode);
  const [said, setSaid] = useSaid();
  const [isTried, setIsTried] = useState(false);
  const change = useGuardChange(setPolicyMode, onClose);
  const submit = (): void => {
    setIsTried(true);
    const words = saidOf(said);
    if (words !== undefined) change.mutate({ policy: policy.name, mode, ...words });
  };
  return (
    <AskDialog
      title={t(policy.tripped === null ? 'guard.changeModeOf' : 'guard.releaseOf', { policy: policy.name })}
      verb={t(policy.tripped === null ? 'guard.changeMode' : 'guard.release')}
      isPending={change.isPending}
      fault={change.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <NativeSelect
        size="xs"
        label={t('guard.fact.mode')}
        description={t(`guard.modeText.${mode}`)}
        value={mode}
        onChange={(event) =>
          setMode(MODES.find((known) => known === event.currentTarget.value) ?? policy.mode)
        }
        data={MODES.map((value) => ({ value, label: t(`guard.mode.${value}`) }))}
      />
      <SaidFields value={said} isTried={isTried} onChange={setSaid} isFirst />
      <p className={css.hint}>{t('guard.untilConfig')}</p>
    </AskDialog>
  );
}
