// Loaded on first use: respond/index.ts has what others need of runbooks at the start.
export { createRunbookLibrary, type LoadedRunbooks } from './library.ts';
export { loadRunbooks, readRunbookText, runbookFilesOf, type RunbookFolders } from './load-runbooks.ts';
export { isRunbookId } from './front-matter.ts';
export { runbookLinksOf } from './linked-runbooks.ts';
export { parseRunbook } from './parse-runbook.ts';
export { remarksOn, UNWRITTEN } from './review-runbook.ts';
export { formatRunbookFault, RunbookError } from './runbook-error.ts';
