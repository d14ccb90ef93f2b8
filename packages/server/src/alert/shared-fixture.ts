/** Where the tests of this stage find the recorded cases, and what they say when those are absent. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const FOLDER = resolve(process.env['VEDETTE_SHARED'] ?? '../shared', 'alertmanager-configs');

export function sharedFile(name: string): string {
  return resolve(FOLDER, name);
}

/** For `skip`: false when the cases are there, or must be. */
export function sharedSkip(): string | false {
  return existsSync(FOLDER) || process.env['VEDETTE_PEERS'] === 'required'
    ? false
    : 'shared Alertmanager cases are absent';
}
