import { matchRunbooks, searchRunbooks, type IndexedRunbook } from './match-runbook.ts';
import type { Runbook, RunbookLibrary } from './runbook.ts';

/** What one load found. */
export interface LoadedRunbooks {
  /** Sorted by id. */
  readonly runbooks: readonly IndexedRunbook[];
  readonly problems: readonly string[];
}

/** A library over what `loaded` returns at the moment of each question, so that a reload shows in one that is held. */
export function createRunbookLibrary(loaded: () => LoadedRunbooks): RunbookLibrary {
  return {
    all: () => loaded().runbooks.map(({ runbook }) => runbook),
    find: (id) => findIn(loaded().runbooks, id),
    match: (alert) => matchRunbooks(loaded().runbooks, alert),
    search: (text) => searchRunbooks(loaded().runbooks, text),
    problems: () => loaded().problems,
  };
}

/** No two ids differ in capitals alone. */
function findIn(runbooks: readonly IndexedRunbook[], id: string): Runbook | undefined {
  const wanted = id.toLowerCase();
  return runbooks.find(({ runbook }) => runbook.id.toLowerCase() === wanted)?.runbook;
}
