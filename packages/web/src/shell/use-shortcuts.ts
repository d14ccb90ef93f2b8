import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { browserClock } from '../lib/browser-clock.ts';
import { shiftRange, zoomOut } from '../time/time-range.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import { PAGES } from './pages.ts';
import type { ShellState } from './shell-state.ts';

/** After `g` the second key must come within this time. */
const SEQUENCE_MS = 1500;

/** Keys that work everywhere but where one types. */
export function useShortcuts(shell: ShellState): void {
  const navigate = useNavigate();
  const { range, setRange, zoomBack } = useTimeRange();
  const pressedGAtMs = useRef(-Infinity);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        shell.openPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const nowMs = browserClock.monotonicMs();
      const page = PAGES.find(({ key }) => key === event.key);
      if (nowMs - pressedGAtMs.current < SEQUENCE_MS && page !== undefined) {
        pressedGAtMs.current = -Infinity;
        event.preventDefault();
        void navigate({ to: page.to });
        return;
      }
      pressedGAtMs.current = event.key === 'g' ? nowMs : -Infinity;
      if (runKey(event.key)) event.preventDefault();
    };
    const runKey = (key: string): boolean => {
      if (key === '?') shell.openShortcuts();
      else if (key === 't') shell.setIsTimeOpen(true);
      else if (key === 'z') zoomBack();
      else if (key === '[') setRange(shiftRange(range, -1, browserClock.nowMs()));
      else if (key === ']') setRange(shiftRange(range, 1, browserClock.nowMs()));
      else if (key === '-') setRange(zoomOut(range, browserClock.nowMs()));
      else if (key === 'j') return focusRow(1);
      else if (key === 'k') return focusRow(-1);
      else if (key === '/') return focusSearch();
      else return false;
      return true;
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate, shell, range, setRange, zoomBack]);
}

/** Pages mark their search field with `data-search`. */
function focusSearch(): boolean {
  const field = document.querySelector<HTMLElement>('[data-search]');
  field?.focus();
  return field !== null;
}

/** Down and up the rows of a list: those that can be opened, and are marked with `data-row`. */
function focusRow(direction: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const next = at < 0 ? rows.at(direction === 1 ? 0 : -1) : rows[at + direction];
  next?.focus();
  return rows.length > 0;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
