import { glob, readFile, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { InputError } from '@vedette/model';
import { parseRuleFile, type RuleFileOptions } from './parse-rule-file.ts';
import type { RuleGroup } from './rule.ts';

/** A rule file is written by people: 8 MiB are some fifty thousand rules. */
const FILE_BYTES_MAX = 8 * 1024 * 1024;

/** Files all patterns may name together. */
const FILES_MAX = 1000;

export interface LoadRuleFilesOptions extends Omit<RuleFileOptions, 'file'> {
  /** Paths or glob patterns as in `rule_files`; relative ones start at `baseDirectory`. */
  readonly patterns: readonly string[];
  readonly baseDirectory: string;
}

export interface LoadedRules {
  /** Files sorted by path, groups in the order of their file. */
  readonly groups: readonly RuleGroup[];
  readonly warnings: readonly string[];
}

/**
 * Reads and checks all files. A pattern without a match is fine, a plain path must exist. Rejects with
 * `InputError` (VED_RULES_INVALID) whose text has one line `file:line:column: reason` for each fault
 * of each file.
 */
export async function loadRuleFiles(options: LoadRuleFilesOptions): Promise<LoadedRules> {
  const groups: RuleGroup[] = [];
  const warnings: string[] = [];
  const faults: string[] = [];
  for (const file of await findFiles(options)) {
    try {
      const parsed = parseRuleFile(await readLimited(file), { ...options, file });
      groups.push(...parsed.groups);
      warnings.push(...parsed.warnings);
      faults.push(...parsed.faults.map((at) => `${file}:${at.line}:${at.column}: ${at.message}`));
    } catch (error) {
      faults.push(
        `${file}: cannot read rule file: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  if (faults.length > 0) throw new InputError('VED_RULES_INVALID', faults.join('\n'));
  return { groups, warnings };
}

async function findFiles(options: LoadRuleFilesOptions): Promise<readonly string[]> {
  const files = new Set<string>();
  for (const pattern of options.patterns) {
    const absolute = path.resolve(options.baseDirectory, pattern);
    if (!/[*?[{]/.test(pattern)) files.add(absolute);
    else for await (const file of glob(absolute)) files.add(file);
    if (files.size > FILES_MAX)
      throw new InputError(
        'VED_RULES_INVALID',
        `rule_files: got more than ${FILES_MAX} files, which is the limit`,
      );
  }
  return [...files].sort();
}

async function readLimited(file: string): Promise<string> {
  const stats = await stat(file);
  // A pipe may never end, and a device has no size.
  if (!stats.isFile())
    throw new Error(`it is ${stats.isDirectory() ? 'a directory' : 'a pipe or device'}, want a file`);
  if (stats.size > FILE_BYTES_MAX) throw new Error(`got ${stats.size} bytes, limit is ${FILE_BYTES_MAX}`);
  return await readFile(file, 'utf8');
}
