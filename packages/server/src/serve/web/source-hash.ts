import { createHash } from 'node:crypto';
import * as path from 'node:path';
import type { FileEntry, Files } from '@vedette/model';

/** What the UI is made of, relative to the project's root. */
const SOURCES: readonly string[] = [
  'packages/web/src',
  'packages/web/build',
  'packages/web/public',
  'packages/web/index.html',
  'packages/web/package.json',
  'packages/web/vite.config.ts',
  'packages/api/src',
  'packages/dashboard/src',
  'packages/model/src',
  'packages/promql/src',
  'package-lock.json',
];

/** Tests change nothing in the build. */
const IGNORED = /\.(?:test|fuzz|bench)\.tsx?$/;

/** A hash over names and contents of all sources; `undefined` when there are none (an installation without them). */
export async function sourceHash(files: Files, root: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  let fileCount = 0;
  for (const source of SOURCES) {
    for (const file of await filesUnder(files, root, source)) {
      if (file.startsWith('packages/web/')) fileCount++;
      hash
        .update(`${file}\n`)
        .update(await files.read(path.join(root, file)))
        .update('\n');
    }
  }
  return fileCount === 0 ? undefined : hash.digest('hex');
}

/** The file itself, or all files of the directory, in a fixed order. */
async function filesUnder(files: Files, root: string, source: string): Promise<readonly string[]> {
  const parent = path.posix.dirname(source);
  const entry = (await files.list(path.join(root, parent))).find(
    ({ name }) => name === path.posix.basename(source),
  );
  return entry === undefined ? [] : await filesOf(files, { root, source, kind: entry.kind });
}

/** A listing looks at every file of its directory: there is one for each, and none for a file. */
async function filesOf(
  files: Files,
  { root, source, kind }: { root: string; source: string; kind: FileEntry['kind'] },
): Promise<readonly string[]> {
  if (kind === 'file') return IGNORED.test(source) ? [] : [source];
  const found: string[] = [];
  for (const entry of await files.list(path.join(root, source)))
    found.push(...(await filesOf(files, { root, source: `${source}/${entry.name}`, kind: entry.kind })));
  return found;
}
