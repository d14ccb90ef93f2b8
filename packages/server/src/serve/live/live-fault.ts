import { ExpectedError, type ErrorCode } from '@vedette/model';

/** Why a subscription is not served; sent to its client as `err`. */
export interface LiveFault {
  readonly code: ErrorCode;
  readonly message: string;
  /** 0-based offset into the expression. */
  readonly position?: number;
}

/** Thrown where a subscription cannot be made or kept. */
export class LiveFaultError extends ExpectedError {}

export function liveLimit(message: string): LiveFaultError {
  return new LiveFaultError('VED_LIVE_LIMIT', message);
}

export function liveInvalid(message: string): LiveFaultError {
  return new LiveFaultError('VED_LIVE_INVALID', message);
}
