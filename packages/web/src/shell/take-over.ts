import { useEffect, type RefObject } from 'react';

/** What happened to the button that stood in for one whose menu was not there yet. */
export interface Held {
  isFocused: boolean;
  isPressed: boolean;
}

/** Of a button that opens something. */
export interface OpenerProps {
  readonly onFocus?: () => void;
  readonly onBlur?: () => void;
  readonly onClick?: () => void;
  readonly ref?: RefObject<HTMLButtonElement | null>;
}

/** For the button that stands in: it notes who touched it. */
export function noting(held: RefObject<Held>): OpenerProps {
  return {
    onFocus: () => {
      held.current.isFocused = true;
    },
    onBlur: () => {
      held.current.isFocused = false;
    },
    onClick: () => {
      held.current.isPressed = true;
    },
  };
}

/** For the one that takes its place: it has the focus that the other had, and a press has opened it. */
export function useTakeOver(
  held: RefObject<Held>,
  target: RefObject<HTMLButtonElement | null>,
  onPressed: () => void,
): void {
  useEffect(() => {
    const { isFocused, isPressed } = held.current;
    held.current = { isFocused: false, isPressed: false };
    if (isFocused) target.current?.focus();
    if (isPressed) onPressed();
    // Once: later presses are its own.
    // oxlint-disable-next-line react/exhaustive-deps
  }, []);
}
