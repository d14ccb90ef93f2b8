import type { ApiToken, Role } from '@vedette/api';

// As in the API's schemas, which are not carried into the browser.
export const ROLES: readonly Role[] = ['viewer', 'operator', 'admin'];
export const SCOPES: readonly ApiToken['scopes'][number][] = ['read', 'write', 'ingest', 'guard'];
