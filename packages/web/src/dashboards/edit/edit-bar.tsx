import { Button } from '@mantine/core';
import { IconArrowBackUp, IconArrowForwardUp, IconPlus } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../design/icon-button.tsx';
import css from './edit.module.css';
import { DiscardDialog } from './leave-guard.tsx';
import type { Editing } from './use-editing.ts';

export type EditDialog = 'add' | 'settings' | 'variables' | 'json' | 'save';

export interface EditBarProps {
  readonly editing: Editing;
  readonly onDialog: (dialog: EditDialog) => void;
  readonly onLeave: () => void;
}

/** Tools of the editor. Ctrl Z and Ctrl Shift Z go through the steps, but for a text field, which has its own. */
export function EditBar({ editing, onDialog, onLeave }: EditBarProps) {
  const { t } = useTranslation();
  const [isLeaving, setIsLeaving] = useState(false);
  useUndoKeys(editing);
  const leave = (): void => {
    if (editing.isChanged) setIsLeaving(true);
    else onLeave();
  };
  return (
    <div className={css.bar} role="toolbar" aria-label={t('dashboards.edit.tools')}>
      <IconButton label={t('dashboards.edit.undo')} isDisabled={!editing.canUndo} onClick={editing.undo}>
        <IconArrowBackUp size={16} />
      </IconButton>
      <IconButton label={t('dashboards.edit.redo')} isDisabled={!editing.canRedo} onClick={editing.redo}>
        <IconArrowForwardUp size={16} />
      </IconButton>
      <Button variant="default" leftSection={<IconPlus size={14} />} onClick={() => onDialog('add')}>
        {t('dashboards.edit.dialog.add')}
      </Button>
      {(['variables', 'settings'] as const).map((dialog) => (
        <Button key={dialog} variant="default" onClick={() => onDialog(dialog)}>
          {t(`dashboards.edit.dialog.${dialog}`)}
        </Button>
      ))}
      <Button variant="default" onClick={() => onDialog('json')}>
        JSON
      </Button>
      <span className={css.barEnd}>
        <Button variant="default" onClick={leave}>
          {t('dashboards.edit.leave')}
        </Button>
        <Button disabled={!editing.isChanged} onClick={() => onDialog('save')}>
          {t('dashboards.edit.save')}
        </Button>
      </span>
      {isLeaving && (
        <DiscardDialog
          onKeep={() => setIsLeaving(false)}
          onDiscard={() => {
            editing.reset();
            onLeave();
          }}
        />
      )}
    </div>
  );
}

function useUndoKeys(editing: Editing): void {
  const latest = useRef(editing);
  latest.current = editing;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping =
        event.target instanceof HTMLElement &&
        (event.target.isContentEditable || /^(INPUT|TEXTAREA)$/.test(event.target.tagName));
      if (isTyping || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z') return;
      event.preventDefault();
      if (event.shiftKey) latest.current.redo();
      else latest.current.undo();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
