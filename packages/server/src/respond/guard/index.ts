// A door of its own: a server whose guard nobody uses does not load what decides.
export { isAsGrave } from './gravity.ts';
export { createGuardService } from './guard-service.ts';
export { IdNotice } from './id-notice.ts';
export { GuardRehearsal } from './rehearsal.ts';
