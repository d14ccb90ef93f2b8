import { useCallback, useState } from 'react';

/** Keys of the series that a chart does not show, and what a press on a name in the legend does to them. */
export interface Visibility {
  readonly hidden: ReadonlySet<string>;
  readonly press: (key: string, isToggle: boolean) => void;
}

const NONE: ReadonlySet<string> = new Set();

export function useVisibility(keys: readonly string[]): Visibility {
  const [hidden, setHidden] = useState(NONE);
  const press = useCallback(
    (key: string, isToggle: boolean) => setHidden((old) => hiddenAfter(old, { keys, key, isToggle })),
    [keys],
  );
  return { hidden, press };
}

/**
 * Hidden series after a press: a plain one shows the series alone, and all again when it is alone
 * already; with Ctrl or ⌘ it is shown or hidden by itself. Nothing is never what is shown.
 */
export function hiddenAfter(
  hidden: ReadonlySet<string>,
  {
    keys,
    key,
    isToggle,
  }: { readonly keys: readonly string[]; readonly key: string; readonly isToggle: boolean },
): ReadonlySet<string> {
  const shown = keys.filter((other) => !hidden.has(other));
  if (!isToggle) {
    const isAlone = shown.length === 1 && shown[0] === key;
    return isAlone ? NONE : new Set(keys.filter((other) => other !== key));
  }
  const next = new Set(hidden);
  if (!next.delete(key)) next.add(key);
  return keys.every((other) => next.has(other)) ? NONE : next;
}
