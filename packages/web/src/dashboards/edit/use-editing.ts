import { duplicatePanel, removePanel, type ClassicDashboard } from '@vedette/dashboard';
import { useState } from 'react';
import {
  beginHistory,
  hasChanges,
  markSaved,
  redoStep,
  takeStep,
  undoStep,
  type EditHistory,
} from './edit-history.ts';

/** A dashboard under change. */
export interface Editing {
  readonly classic: ClassicDashboard;
  readonly isChanged: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** `key` names what is typed in: changes in a row with one key are one step. */
  readonly apply: (change: (classic: ClassicDashboard) => ClassicDashboard, key?: string) => void;
  readonly duplicate: (panelId: number) => void;
  readonly remove: (panelId: number) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly reset: () => void;
  readonly saved: () => void;
}

export function useEditing(opened: ClassicDashboard): Editing {
  const [history, setHistory] = useState<EditHistory>(() => beginHistory(opened));
  const apply: Editing['apply'] = (change, key) =>
    setHistory((old) => takeStep(old, change(old.present), key));
  return {
    classic: history.present,
    isChanged: hasChanges(history),
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    apply,
    duplicate: (id) => apply((classic) => duplicatePanel(classic, id)),
    remove: (id) => apply((classic) => removePanel(classic, id)),
    undo: () => setHistory(undoStep),
    redo: () => setHistory(redoStep),
    reset: () => setHistory(({ saved }) => beginHistory(saved)),
    saved: () => setHistory((old) => markSaved(old, old.present)),
  };
}
