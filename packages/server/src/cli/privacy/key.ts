/** `vedette privacy key new|rotate|list FILE`. */
import * as path from 'node:path';
import { formatKeyFile, generatePseudonymKey, PSEUDONYM_KEYS_MAX, type PseudonymKey } from '@vedette/sdk';
import { SystemRandom } from '../../lib/system-random.ts';
import { EXIT, parseOptions, UsageError, type CliIo } from '../command.ts';
import { readKeyFile, replaceKeyFile, writePrivateFile } from './key-files.ts';

const FIRST_KID = '1';

export async function keepKeys(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    json: { type: 'boolean' },
    drop: { type: 'string' },
  });
  const [action, name, extra] = positionals;
  if (action !== 'new' && action !== 'rotate' && action !== 'list')
    throw new UsageError(
      `want key new, rotate or list; got ${action === undefined ? 'nothing' : `"${action}"`}`,
    );
  if (name === undefined) throw new UsageError('want the key file');
  if (extra !== undefined) throw new UsageError(`want one key file; got "${extra}", too`);
  if (values.drop !== undefined && action !== 'rotate') throw new UsageError('--drop belongs to key rotate');
  const file = path.resolve(io.workingDirectory, name);
  const keys = await KEY_ACTIONS[action](file, values.drop);
  const kids = keys.map(({ kid }) => kid);
  if (values.json === true) io.out(`${JSON.stringify({ kids })}\n`);
  else
    io.out(kids.map((kid, i) => `${kid}${i === 0 ? '  names who acts' : '  still looked for'}\n`).join(''));
  return EXIT.ok;
}

type KeyAction = (file: string, drop: string | undefined) => Promise<readonly PseudonymKey[]>;

const KEY_ACTIONS: Readonly<Record<'new' | 'rotate' | 'list', KeyAction>> = {
  new: async (file) => {
    const keys = [generatePseudonymKey(FIRST_KID, new SystemRandom())];
    await writePrivateFile(file, formatKeyFile(keys));
    return keys;
  },
  rotate: async (file, drop) => {
    const before = await readKeyFile(file);
    if (drop !== undefined && !before.some(({ kid }) => kid === drop))
      throw new UsageError(`--drop: there is no key "${drop}" in "${file}"`);
    const keys = [
      generatePseudonymKey(nextKid(before), new SystemRandom()),
      ...before.filter(({ kid }) => kid !== drop),
    ];
    if (keys.length > PSEUDONYM_KEYS_MAX)
      throw new UsageError(
        `"${file}" has ${before.length} keys, ${PSEUDONYM_KEYS_MAX} may live at once: remove one whose decisions are over with --drop KID (the oldest is "${before.at(-1)?.kid}")`,
      );
    await replaceKeyFile(file, keys);
    return keys;
  },
  list: (file) => readKeyFile(file),
};

/** Above every number in the file, so that no name is given twice: a pseudonym says which key made it. */
function nextKid(keys: readonly PseudonymKey[]): string {
  const numbers = keys.map(({ kid }) => Number(/^k?(\d{1,7})$/.exec(kid)?.[1] ?? 0));
  const prefix = keys[0]?.kid.startsWith('k') === true ? 'k' : '';
  return `${prefix}${Math.max(0, ...numbers) + 1}`;
}
