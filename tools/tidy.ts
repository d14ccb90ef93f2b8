/**
 * `node tools/tidy.ts`: what the linter cannot know about this project.
 *
 * Reads every TypeScript file that git tracks or would track and checks imports against the table,
 * lengths, clocks, routes and names (tools/tidy/checks.ts); then that documents say what the code says:
 * the import table in ARCHITECTURE.md and the error catalogue in docs/errors.md. `--write` brings the
 * documents up to date instead. Prints each finding as file:line and exits 1 if there is any.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { checkSourceFile, type Finding } from './tidy/checks.ts';
import { checkDocuments } from './tidy/documents.ts';
import { parseSourceFile } from './tidy/source-file.ts';

const root = path.resolve(import.meta.dirname, '..');
const shouldWrite = process.argv.includes('--write');

const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\n')
  .filter((file) => file !== '' && existsSync(path.join(root, file)));
const findings: Finding[] = files.flatMap((file) =>
  checkSourceFile(parseSourceFile(file, readFileSync(path.join(root, file), 'utf8'))),
);
for (const { file, want, message } of checkDocuments((file) => readFileSync(path.join(root, file), 'utf8'))) {
  if (shouldWrite) writeFileSync(path.join(root, file), want);
  else findings.push({ file, line: 1, message });
}

for (const { file, line, message } of findings) console.log(`${file}:${line}: ${message}`);
console.log(`tidy: ${files.length} files, ${findings.length} findings`);
process.exitCode = findings.length === 0 ? 0 : 1;
