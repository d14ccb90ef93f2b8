import { useEffect, useRef, useState } from 'react';
import { browserClock } from '../../lib/browser-clock.ts';

/** A pause of this length while typing counts as the end of a thought. */
const PAUSE_MS = 500;

/**
 * A text that is handed on when typing pauses: each letter of a query would be a question to the server. `settle` hands
 * it on at once, for a field that is left: what is saved next has it.
 */
export function useSettled(
  value: string,
  onSettle: (value: string) => void,
): { readonly draft: string; readonly setDraft: (draft: string) => void; readonly settle: () => void } {
  const [draft, setDraft] = useState(value);
  const latest = useRef(onSettle);
  latest.current = onSettle;
  useEffect(() => setDraft(value), [value]);
  useEffect(() => {
    if (draft === value) return;
    const timer = browserClock.setTimer(PAUSE_MS, () => latest.current(draft));
    return () => timer.cancel();
  }, [draft, value]);
  const settle = (): void => {
    if (draft !== value) onSettle(draft);
  };
  return { draft, setDraft, settle };
}
