import * as path from 'node:path';

/** The project's folder: the UI, the content packs and `node_modules` are below it. */
export const PROJECT_ROOT = path.resolve(import.meta.dirname, '../../../..');
