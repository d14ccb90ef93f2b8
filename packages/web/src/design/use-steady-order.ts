import { useEffect, useRef, useState, type FocusEvent } from 'react';

export interface SteadyOrder<T> {
  readonly ordered: readonly T[];
  /** For the element that holds the list. */
  readonly holder: {
    readonly onFocus: (event: FocusEvent<HTMLElement>) => void;
    readonly onBlur: (event: FocusEvent<HTMLElement>) => void;
  };
}

/**
 * The order of a live list. While the focus is in it nothing moves from under it: what was there keeps its order, what
 * comes stands where it belongs between them. It is sorted anew when the focus has left.
 */
export function useSteadyOrder<T>(sorted: readonly T[], keyOf: (one: T) => string): SteadyOrder<T> {
  const [isHeld, setIsHeld] = useState(false);
  const list = useRef<HTMLElement>(null);
  const shown = useRef<readonly string[]>([]);
  const ordered = isHeld ? steadyOrder(shown.current, sorted, keyOf) : sorted;
  useEffect(() => {
    shown.current = ordered.map(keyOf);
    // What had the focus has gone without a word.
    if (isHeld && list.current?.contains(document.activeElement) !== true) setIsHeld(false);
  });
  return {
    ordered,
    holder: {
      onFocus: ({ currentTarget }) => {
        list.current = currentTarget;
        setIsHeld(true);
      },
      onBlur: ({ currentTarget, relatedTarget }) => setIsHeld(currentTarget.contains(relatedTarget)),
    },
  };
}

/** Those known before in their order, each new one behind the one that it follows in `sorted`. */
export function steadyOrder<T>(
  before: readonly string[],
  sorted: readonly T[],
  keyOf: (one: T) => string,
): readonly T[] {
  const known = new Set(before);
  const present = new Map(sorted.map((one) => [keyOf(one), one]));
  const followers = new Map<string | undefined, T[]>();
  let leader: string | undefined;
  for (const one of sorted)
    if (known.has(keyOf(one))) leader = keyOf(one);
    else followers.set(leader, [...(followers.get(leader) ?? []), one]);
  const kept = before.flatMap((key) => {
    const one = present.get(key);
    return one === undefined ? [] : [one, ...(followers.get(key) ?? [])];
  });
  return [...(followers.get(undefined) ?? []), ...kept];
}
