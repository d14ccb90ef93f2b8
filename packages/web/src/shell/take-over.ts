import { useEffect, type RefObject } from 'react';

/** What happened to the button that stood in for one whose menu was not there yet. */
export interface Held {
  isFocused: boolean;
  /** The mouse went down on it. No click follows when it is replaced before the mouse is up. */
  isDown: boolean;
  isPressed: boolean;
}

export const UNTOUCHED: Readonly<Held> = { isFocused: false, isDown: false, isPressed: false };

/** Of a button that opens something. */
export interface OpenerProps {
  readonly onFocus?: () => void;
  readonly onBlur?: () => void;
  readonly onMouseDown?: () => void;
  readonly onMouseLeave?: () => void;
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
    onMouseDown: () => {
      held.current.isDown = true;
    },
    onMouseLeave: () => {
      held.current.isDown = false;
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
    const { isFocused, isDown, isPressed } = held.current;
    held.current = { ...UNTOUCHED };
    if (isFocused) target.current?.focus();
    if (isDown || isPressed) onPressed();
    // Once: later presses are its own.
    // oxlint-disable-next-line react/exhaustive-deps
  }, []);
}
