import { createContext, useContext } from 'react';

/** What is open on top of the page. Not in the URL: a link to an open menu helps nobody. */
export interface ShellState {
  readonly isTimeOpen: boolean;
  readonly setIsTimeOpen: (isOpen: boolean) => void;
  readonly openPalette: () => void;
  readonly openShortcuts: () => void;
}

export const ShellContext = createContext<ShellState>({
  isTimeOpen: false,
  setIsTimeOpen: () => undefined,
  openPalette: () => undefined,
  openShortcuts: () => undefined,
});

export function useShellState(): ShellState {
  return useContext(ShellContext);
}
