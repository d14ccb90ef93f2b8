import { z } from 'zod';

// As many folders as teams have; each is listed when runbooks are loaded.
const FOLDERS_MAX = 100;

/** `agent.runbooks` of vedette.yml. */
export const runbookFolders = z
  .array(z.string().min(1))
  .max(FOLDERS_MAX)
  .default([])
  .describe(
    'Folders with runbooks in Markdown, beside the shipped ones; relative to this file, * in the last part. One with the id of a shipped one stands in its place. Read at the start and at a reload; a file that cannot be used is told as a problem.',
  );
