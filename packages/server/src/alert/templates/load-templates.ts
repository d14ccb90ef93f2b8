/** The templates of a configuration: our default texts, and people's files, which may replace them by name. */
import { glob, stat } from 'node:fs/promises';
import { createNotificationTemplates, TemplateError, type NotificationTemplates } from '@vedette/gotemplate';
import { InputError, type Clock, type Files } from '@vedette/model';
import { compileTemplateRegex } from '../../lib/re2-template-regex.ts';
import { DEFAULT_TEMPLATES } from './default-templates.ts';

/** The longest templates that people publish have 50 kB; beyond this somebody named the wrong file. */
const TEMPLATE_FILE_BYTES_MAX = 1024 * 1024;

/** Files of all patterns together: a folder of templates has a dozen. */
const TEMPLATE_FILES_MAX = 200;

export interface LoadTemplatesDeps {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly files: Pick<Files, 'read'>;
}

/**
 * Reads the files of `patterns` (absolute, `*` as in the shell), in their order, those of one pattern by
 * name. A pattern that matches nothing is no fault, as in Alertmanager. Rejects with `InputError`
 * (VED_CONFIG_INVALID) for what cannot be read or parsed.
 */
export async function loadNotificationTemplates(
  { clock, files }: LoadTemplatesDeps,
  patterns: readonly string[],
): Promise<NotificationTemplates> {
  const names = await findFiles(patterns);
  const own = await Promise.all(names.map(async (name) => ({ name, text: await readText(files, name) })));
  const source = { nowMs: () => clock.nowMs(), compileRegex: compileTemplateRegex };
  try {
    return createNotificationTemplates(source, [...DEFAULT_TEMPLATES, ...own]);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new InputError('VED_CONFIG_INVALID', `cannot use a template file: ${error.message}`, {
      cause: error,
    });
  }
}

async function findFiles(patterns: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const matched: string[] = [];
    for await (const file of glob(pattern)) matched.push(file);
    for (const file of matched.sort()) found.add(file);
  }
  if (found.size > TEMPLATE_FILES_MAX)
    throw new InputError(
      'VED_CONFIG_INVALID',
      `cannot load templates: got ${found.size} files, want at most ${TEMPLATE_FILES_MAX} (TEMPLATE_FILES_MAX); name fewer under templates`,
    );
  return [...found];
}

async function readText(files: Pick<Files, 'read'>, name: string): Promise<string> {
  try {
    const stats = await stat(name);
    // A pipe may never end, a device never begin.
    if (!stats.isFile())
      throw new Error(`it is ${stats.isDirectory() ? 'a directory' : 'a pipe or device'}, want a file`);
    const { size } = stats;
    if (size > TEMPLATE_FILE_BYTES_MAX)
      throw new Error(`got ${size} bytes, want at most ${TEMPLATE_FILE_BYTES_MAX} (TEMPLATE_FILE_BYTES_MAX)`);
    return Buffer.from(await files.read(name)).toString('utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError('VED_CONFIG_INVALID', `cannot read template "${name}": ${reason}`, { cause: error });
  }
}
