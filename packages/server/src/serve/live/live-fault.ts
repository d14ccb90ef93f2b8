import { ExpectedError } from '@vedette/model';

/** What clients are told of bugs; the log has the rest. */
export const SERVER_MISTAKE = 'the server made a mistake; its log tells more';

/** Thrown where a subscription cannot be made or kept. */
export class LiveFaultError extends ExpectedError {}

export function liveLimit(message: string): LiveFaultError {
  return new LiveFaultError('VED_LIVE_LIMIT', message);
}

export function liveInvalid(message: string): LiveFaultError {
  return new LiveFaultError('VED_LIVE_INVALID', message);
}

export function liveForbidden(message: string): LiveFaultError {
  return new LiveFaultError('VED_LIVE_FORBIDDEN', message);
}
