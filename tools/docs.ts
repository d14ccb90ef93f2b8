/**
 * `node tools/docs.ts`: whether the reference pages say what the program says; `--write` makes them so.
 * Prints the stale files and exits 1 if there is any.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { createDocuments } from './docs/documents.ts';

const root = path.resolve(import.meta.dirname, '..');
const shouldWrite = process.argv.includes('--write');

let staleCount = 0;
const documents = await createDocuments(root);
for (const { file, want } of documents) {
  if (readText(path.join(root, file)) === want) continue;
  staleCount++;
  if (shouldWrite) writeFileSync(path.join(root, file), want);
  console.log(`${file}: ${shouldWrite ? 'written' : 'out of date; run node tools/docs.ts --write'}`);
}
console.log(`docs: ${documents.length} files, ${staleCount} ${shouldWrite ? 'written' : 'out of date'}`);
process.exitCode = staleCount === 0 || shouldWrite ? 0 : 1;

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
