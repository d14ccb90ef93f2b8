/**
 * Expected errors: a class per reaction, with a code from the catalogue. Programmers' mistakes are
 * `bug()` instead. Messages read: cannot *do* *object*: *reason*; got …, want …; what to do next.
 * Only `serve` translates them to HTTP statuses and to Prometheus' error types.
 */
export const ERROR_CODES = {
  VED_AGENT_BUSY:
    'As many analyses of alerts run and wait as the server allows; the same one may succeed later.',
  VED_ALERTS_REFUSED: 'The server that was asked about alerts or silences refuses; the text is its own.',
  VED_ALERTS_UNREACHABLE:
    'The server to ask about alerts or silences cannot be reached, or what answers there does not know them.',
  VED_ALERTING_INVALID:
    'A matcher, time interval or silence cannot be understood; the text is the one that Alertmanager has for it.',
  VED_BACKUP_BUSY: 'A backup of this server is under way; one is made at a time.',
  VED_BACKUP_INVALID:
    'A backup is damaged, incomplete or no backup of this program; the text says what is wrong.',
  VED_BACKUP_REFUSED: 'The server refuses to be backed up; the text is its own.',
  VED_BACKUP_TARGET: 'The directory that a backup or a restore is to write has something in it already.',
  VED_BACKUP_UNREACHABLE: 'The server to back up cannot be reached, or ended while it was backed up.',
  VED_BODY_INVALID: 'The body of a request cannot be understood; the text says where it breaks.',
  VED_BODY_TOO_LARGE: 'The body of a request, or its content, is longer than its limit.',
  VED_CONFIG_INVALID: 'The configuration file cannot be used; each fault is listed with its line.',
  VED_DASHBOARD_INVALID: 'A dashboard cannot be read; the text says where it breaks or what it is instead.',
  VED_DASHBOARD_LIMIT: 'As many dashboards are stored as there may be.',
  VED_DASHBOARD_TOO_LARGE:
    'The file of a dashboard, or what is to be stored of it, is longer than its limit.',
  VED_DATA_LOCKED: 'Another process works on the same data directory.',
  VED_ENGINE_FAILED: 'A container engine did not answer, or its answer cannot be used.',
  VED_ENGINE_UNAVAILABLE: 'The Prometheus-compatible engine with the samples does not answer as it should.',
  VED_ENGINE_UNSUPPORTED: 'The engine with the samples does not offer what was asked for.',
  VED_FORMAT_UNKNOWN: 'A file on disk has another version than this program reads.',
  VED_GUARD_BACKTEST_LIMIT:
    'A backtest passes one of its limits: subjects that would be decided about, or time; the text names it.',
  VED_GUARD_BUSY: 'A backtest of this guard is under way; one is made at a time.',
  VED_GUARD_INVALID:
    'A request to the guard cannot be carried out as it stands; the text says what is wrong with it.',
  VED_GUARD_LINK_SPENT: 'The link of an appeal was used already, or is too old.',
  VED_GUARD_NOT_FOUND: 'The guard has no such decision or policy.',
  VED_GUARD_REFUSED: 'The server refuses a request to its guard; the text is its own.',
  VED_GUARD_UNREACHABLE: 'The server whose guard is asked cannot be reached, or what answers there has none.',
  VED_IMPORT_INVALID:
    'What is to be imported is damaged, or of a form that is not known; the text says where.',
  VED_IMPORT_REFUSED: 'An import does not fit into one block; the text names the limit.',
  VED_INGEST_BUSY:
    'As much is being received as the server has memory for; the same request may succeed later.',
  VED_IMPORT_UNREACHABLE: 'The server to import from cannot be reached, or does not answer.',
  VED_LISTEN_FAILED: 'The address cannot be listened on, usually because it is taken.',
  VED_LIVE_FORBIDDEN: 'A live subscription wants a role that the caller does not have, or has no longer.',
  VED_LIVE_INVALID: 'A live subscription has parameters that cannot be understood.',
  VED_LIVE_LIMIT: 'A live subscription or its connection passes one of the limits of the live socket.',
  VED_QUERY_BUSY: 'As many queries run and wait as the server allows; the same one may succeed later.',
  VED_PUSH_INVALID:
    'A device cannot get notifications: the address or the keys of its subscription cannot be used.',
  VED_PUSH_LIMIT: 'As many devices as the limit get notifications already.',
  VED_NOTIFY_FAILED: 'A notification did not reach its receiver in time.',
  VED_QUERY_CANCELED: 'The caller went away before the answer was ready.',
  VED_QUERY_DOWNSAMPLED: 'The function needs samples of a time for which only downsampled ones are kept.',
  VED_QUERY_INVALID: 'The expression or a parameter of the query cannot be understood.',
  VED_QUERY_EXECUTION: 'The expression was understood, but cannot be evaluated over the samples found.',
  VED_QUERY_MEMORY: 'The memory of the process is nearly full; the query was given up so that it goes on.',
  VED_QUERY_TIMEOUT: 'The query took longer than its time limit.',
  VED_QUERY_TOO_LARGE: 'The query would load or hold more samples than its limit.',
  VED_REMOTE_WRITE_FAILED:
    'Samples cannot be sent to a remote store; the text says which file or answer stands in the way.',
  VED_RULES_INVALID: 'A rule file cannot be used; each fault is listed with its line.',
  VED_RESTORE_UNFINISHED: 'The data directory holds a restore that did not end.',
  VED_RUNBOOK_INVALID:
    'A runbook cannot be used; each fault is listed with its line. Or a command about runbooks cannot be carried out.',
  VED_SCRAPE_FAILED: 'A target could not be scraped.',
  VED_STATE_CONFLICT: 'A document was changed by somebody else since it was read.',
  VED_STATE_TOO_LARGE: 'A key, a value or a number of writes is above its limit in the state store.',
  VED_STATE_UNAVAILABLE:
    'The state store is closed, too many calls wait for it, or the Redis that holds it cannot be reached or used.',
  VED_STORAGE_CORRUPT: 'A file on disk does not have the content that was written.',
  VED_STORAGE_FAILED: 'The disk refused to write or sync, or the store is closed.',
  VED_STORAGE_FULL:
    'The disk has less free space than the floor, or samples wait in memory up to a limit; writing stops until there is room.',
  VED_STORAGE_UNUSABLE: 'A file or directory of the data directory cannot be opened or written.',
  VED_TEMPLATE_INVALID: 'A template cannot be parsed or executed.',
  VED_WEBHOOK_LOOP: 'Alerts come back to the server that sent them; the text says how it knows.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Common parent, for `instanceof`; throw one of its children. */
export abstract class ExpectedError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The input is wrong; repeating the request unchanged is pointless. */
export class InputError extends ExpectedError {}

/** The request is well-formed but cannot be carried out over what is stored, or passes a limit. */
export class ExecutionError extends ExpectedError {}

/** Somebody else wrote first: read again and decide anew. */
export class ConflictError extends ExpectedError {}

/** Time ran out. */
export class TimeoutError extends ExpectedError {}

/** The caller asked to stop. */
export class CanceledError extends ExpectedError {}

/** Nothing is wrong with the request; the same one may succeed later. */
export class UnavailableError extends ExpectedError {}

/** Nobody here can do it, now or later, as this server is set up. */
export class UnsupportedError extends ExpectedError {}

/** The process cannot start or go on: the caller prints `FATAL: …` and exits. */
export class FatalError extends ExpectedError {}
