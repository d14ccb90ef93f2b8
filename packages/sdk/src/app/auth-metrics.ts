import type { MetricsRegistry } from '../metrics/instruments.ts';
import { systemClock } from '../system/system.ts';
import { APP_SERIES_MAX, isCountable, timedRun, type RunClock } from './timed-run.ts';

/**
 * `auth_requests_total{operation,outcome}`, `auth_request_duration_seconds{operation}`,
 * `auth_login_failures_total{reason}`, `auth_registrations_total{method}`, `auth_sessions_active`,
 * `auth_session_duration_seconds`, `auth_mfa_attempts_total{method,outcome}`,
 * `auth_password_strength_total{score}`. No label ever names a person.
 */
export interface AuthMetrics {
  /** Runs an operation (`login`, `refresh`) and counts it. Failure is what throws or rejects; it is thrown on. */
  time<T>(operation: string, run: () => T | Promise<T>): Promise<T>;
  /** `reason` is one of a few words: `wrong_password`, `locked`, `unknown_user`. */
  loginFailed(reason: string): void;
  /** `method`: `password`, `google`. */
  registered(method: string): void;
  /** Reads the number of sessions from where they are kept: they begin and end on different processes. */
  readActiveSessions(read: () => number): void;
  sessionEnded(durationMs: number): void;
  /** `method`: `totp`, `webauthn`. */
  mfaAttempted(method: string, hasPassed: boolean): void;
  /** `score` of a new password, 0 (weakest) to 4, as zxcvbn gives it; others are left out. */
  passwordChosen(score: number): void;
}

const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
// A minute to a month.
const SESSION_BUCKETS = [60, 300, 900, 3600, 14_400, 43_200, 86_400, 604_800, 2_592_000];

// The scale of zxcvbn, the usual judge of passwords: 0 to 4.
const SCORE_MAX = 4;

/** One for each registry. */
export function createAuthMetrics(
  registry: MetricsRegistry,
  options: { readonly clock?: RunClock } = {},
): AuthMetrics {
  const { clock = systemClock } = options;
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    registry.counter({ name, help, labelNames, seriesMax: APP_SERIES_MAX });
  const requests = counter('auth_requests_total', 'Operations that ended.', ['operation', 'outcome']);
  const failures = counter('auth_login_failures_total', 'Logins that failed.', ['reason']);
  const registrations = counter('auth_registrations_total', 'Accounts made.', ['method']);
  const mfa = counter('auth_mfa_attempts_total', 'Second factors that were tried.', ['method', 'outcome']);
  const strength = counter('auth_password_strength_total', 'New passwords, from 0 (weak) to 4.', ['score']);
  const durations = registry.histogram({
    name: 'auth_request_duration_seconds',
    help: 'How long operations took.',
    labelNames: ['operation'],
    buckets: REQUEST_BUCKETS,
    seriesMax: APP_SERIES_MAX,
  });
  const sessions = registry.histogram({
    name: 'auth_session_duration_seconds',
    help: 'How long sessions lasted that ended.',
    buckets: SESSION_BUCKETS,
  });
  return {
    time: (operation, run) =>
      timedRun(clock, run, (seconds, outcome) => {
        requests.inc(1, operation, outcome);
        durations.observe(seconds, operation);
      }),
    loginFailed: (reason) => failures.inc(1, reason),
    registered: (method) => registrations.inc(1, method),
    readActiveSessions: (read) => {
      const active = registry.gauge({ name: 'auth_sessions_active', help: 'Sessions that are open.' });
      registry.onCollect(() => active.set(read()));
    },
    sessionEnded: (durationMs) => {
      if (isCountable(durationMs)) sessions.observe(durationMs / 1000);
    },
    mfaAttempted: (method, hasPassed) => mfa.inc(1, method, hasPassed ? 'success' : 'failure'),
    passwordChosen: (score) => {
      if (Number.isInteger(score) && score >= 0 && score <= SCORE_MAX) strength.inc(1, String(score));
    },
  };
}
