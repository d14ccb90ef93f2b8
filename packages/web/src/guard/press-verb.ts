import type { KeyboardEvent } from 'react';
import type { Verb } from '../api/guard.ts';

const VERB_OF_KEY: Readonly<Record<string, Verb>> = { a: 'approve', l: 'lift', e: 'extend' };

/** Presses the row's button of a key, where it has one. */
export function pressVerb(event: KeyboardEvent<HTMLLIElement>): void {
  const isModified = event.ctrlKey || event.metaKey || event.altKey;
  // Dialogs are drawn elsewhere, but their keys come through here.
  const isInRow = event.target instanceof Node && event.currentTarget.contains(event.target);
  const verb = isModified || !isInRow ? undefined : VERB_OF_KEY[event.key];
  if (verb === undefined) return;
  const button = event.currentTarget.querySelector<HTMLElement>(`[data-verb="${verb}"]`);
  if (button === null) return;
  event.preventDefault();
  button.click();
}
