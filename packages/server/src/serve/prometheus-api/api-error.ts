import {
  CanceledError,
  ConflictError,
  ExecutionError,
  ExpectedError,
  InputError,
  TimeoutError,
  UnavailableError,
  UnsupportedError,
} from '@vedette/model';
import { errorAnswer, type HttpAnswer } from '../http/route.ts';

/** Prometheus' families of faults with the status it gives each, and the last two for routes of our own. */
const STATUS = {
  bad_data: 400,
  execution: 422,
  canceled: 499,
  timeout: 503,
  unavailable: 503,
  unsupported: 501,
  internal: 500,
  not_found: 404,
  conflict: 409,
  unsupported_media_type: 415,
} as const;

export type ErrorType = keyof typeof STATUS;

/** A fault to be answered as Prometheus answers it. */
export class ApiError extends Error {
  readonly errorType: ErrorType;

  constructor(errorType: ErrorType, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiError';
    this.errorType = errorType;
  }
}

export function badData(message: string): ApiError {
  return new ApiError('bad_data', message);
}

/** `invalid parameter "time": …`. */
export function invalidParameter(name: string, reason: string): ApiError {
  return badData(`invalid parameter "${name}": ${reason}`);
}

export function apiErrorAnswer({ errorType, message, cause }: ApiError): HttpAnswer {
  const answer = errorAnswer(STATUS[errorType], errorType, message);
  return cause instanceof ExpectedError &&
    (cause.code === 'VED_QUERY_BUSY' || cause.code === 'VED_AGENT_BUSY')
    ? { ...answer, headers: { ...answer.headers, 'retry-after': RETRY_AFTER_SECONDS } }
    : answer;
}

/** A query that is refused for want of a place finds one soon: those of dashboards take milliseconds. */
const RETRY_AFTER_SECONDS = '1';

/** The family of an expected error; `undefined` for a bug, whose text is nobody's business but the log's. */
export function apiErrorOf(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (!(error instanceof ExpectedError)) return undefined;
  return new ApiError(errorTypeOf(error), error.message, { cause: error });
}

function errorTypeOf(error: ExpectedError): ErrorType {
  if (error.code === 'VED_GUARD_NOT_FOUND') return 'not_found';
  if (error instanceof ConflictError) return 'conflict';
  if (error instanceof InputError) return 'bad_data';
  if (error instanceof ExecutionError) return 'execution';
  if (error instanceof TimeoutError) return 'timeout';
  if (error instanceof CanceledError) return 'canceled';
  if (error instanceof UnavailableError) return 'unavailable';
  if (error instanceof UnsupportedError) return 'unsupported';
  return 'internal';
}
