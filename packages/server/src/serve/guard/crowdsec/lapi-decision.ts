/**
 * Decisions in the words of CrowdSec's local API. A slow-down has none and stays out; what holds until a person lifts
 * it is a very long ban, since theirs always end.
 */
import type { LiveDecision } from '@vedette/sdk';

/** As `Decision` of their API has it. */
export interface LapiDecision {
  readonly id: number;
  readonly uuid: string;
  readonly origin: string;
  readonly type: 'ban' | 'captcha';
  readonly scope: string;
  readonly value: string;
  /** In Go's notation: `3h59m59.9s`; not positive when it is over. */
  readonly duration: string;
  readonly scenario: string;
  /** RFC 3339. */
  readonly until: string;
  readonly simulated: false;
}

/** Who decided, for bouncers that want the decisions of some origins alone. */
export const LAPI_ORIGIN = 'vedette';

const SCOPES: Readonly<Record<LiveDecision['scope'], string>> = {
  user: 'User',
  ip: 'Ip',
  range: 'Range',
  session: 'Session',
  key: 'Key',
};

// Ten years: longer than a bouncer lives, and far below Go's limit of 292.
const PERMANENT_MS = 10 * 365 * 86_400_000;

export function lapiTypeOf({ kind }: LiveDecision): LapiDecision['type'] | undefined {
  if (kind === 'slow') return undefined;
  return kind === 'challenge' ? 'captcha' : 'ban';
}

export function lapiScopeOf({ scope }: LiveDecision): string {
  return SCOPES[scope];
}

export function lapiScenarioOf({ policy }: LiveDecision): string {
  return `${LAPI_ORIGIN}/${policy}`;
}

/** `restMs` is what is left of it, not positive when it is over. `undefined`: they have no words for it. */
export function lapiDecisionOf(
  decision: LiveDecision,
  nowMs: number,
  restMs = (decision.untilMs ?? nowMs + PERMANENT_MS) - nowMs,
): LapiDecision | undefined {
  const type = lapiTypeOf(decision);
  if (type === undefined) return undefined;
  return {
    id: lapiIdOf(decision.id),
    uuid: decision.id,
    origin: LAPI_ORIGIN,
    type,
    scope: lapiScopeOf(decision),
    value: decision.subject,
    duration: formatGoDuration(restMs),
    scenario: lapiScenarioOf(decision),
    until: new Date(nowMs + restMs).toISOString(),
    simulated: false,
  };
}

/** Theirs are numbers: the first 48 bits of the UUID, all of them random. */
export function lapiIdOf(id: string): number {
  const digits = id.replaceAll('-', '').slice(0, 12);
  return /^[0-9a-f]{12}$/i.test(digits) ? Number.parseInt(digits, 16) : 0;
}

/** `3h59m59.9s`, `0s`, `-1m0s`: hours are the largest unit, as Go prints. Whole milliseconds. */
export function formatGoDuration(durationMs: number): string {
  const rest = Math.abs(Math.round(durationMs));
  const [hours, minutes] = [Math.floor(rest / 3_600_000), Math.floor(rest / 60_000) % 60];
  const sign = durationMs < 0 && rest > 0 ? '-' : '';
  const above = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : '';
  return `${sign}${above}${(rest % 60_000) / 1000}s`;
}
