/**
 * One factor by which the thresholds of dynamic policies move: down when the application is loaded, up when it idles.
 *
 * 1. Load is the greatest of what is known: event loop, CPU, requests in flight, each 0 to 1. Up to `loadLow` the factor
 *    is `factorMax`, from `loadHigh` on `factorMin`, in between a smooth S of the two.
 * 2. When more subjects are active than `subjectsReference`, each gets its share: the factor is multiplied by
 *    reference / active. Without a reference that part is off: one that was learnt could be taught by the abusers.
 * 3. The result lies between `factorMin` and `factorMax`, whatever was read.
 * 4. The factor in force follows by at most `changePerMinute`, and sets out only when it is more than `hysteresis`
 *    away; then it goes all the way. So a load that trembles moves nothing.
 */
export interface DynamicThresholds {
  readonly loadLow: number;
  readonly loadHigh: number;
  readonly factorMin: number;
  readonly factorMax: number;
  readonly hysteresis: number;
  readonly changePerMinute: number;
  readonly subjectsReference: number | undefined;
}

/** Parts of the capacity in use, 0 to 1; what is not known is left out. */
export interface LoadReading {
  readonly eventLoop?: number;
  readonly cpu?: number;
  readonly inFlight?: number;
}

export interface LoadReader {
  /** Must not throw; called about once a second. */
  read(): LoadReading;
}

export interface FactorState {
  readonly factor: number;
  readonly isMoving: boolean;
  readonly atMs: number;
}

/** Where the factor should be. Falls, or stays, when load or subjects grow. */
export function targetFactorOf(
  options: DynamicThresholds,
  load: LoadReading,
  activeSubjects: number,
): number {
  const { loadLow, loadHigh, factorMin, factorMax, subjectsReference } = options;
  const known = [load.eventLoop, load.cpu, load.inFlight].flatMap((part) =>
    part === undefined || Number.isNaN(part) ? [] : [part],
  );
  // Nobody knows: the thresholds as they are written.
  let factor = Math.min(factorMax, Math.max(factorMin, 1));
  if (known.length > 0) {
    const part = Math.min(1, Math.max(0, (Math.max(...known) - loadLow) / (loadHigh - loadLow)));
    factor = factorMax - (factorMax - factorMin) * part * part * (3 - 2 * part);
  }
  if (subjectsReference !== undefined && activeSubjects > subjectsReference)
    factor *= subjectsReference / activeSubjects;
  return Math.min(factorMax, Math.max(factorMin, factor));
}

/** The factor in force at `nowMs`. A clock that jumps moves it by ten seconds' worth at most. */
export function moveFactor(
  { hysteresis, changePerMinute }: DynamicThresholds,
  { factor, isMoving, atMs }: FactorState,
  target: number,
  nowMs: number,
): FactorState {
  const distance = target - factor;
  if (distance === 0 || (!isMoving && Math.abs(distance) <= hysteresis))
    return { factor, isMoving: false, atMs: nowMs };
  const elapsedMs = Math.min(STEP_MS_MAX, Math.max(0, nowMs - atMs));
  const step = (changePerMinute * elapsedMs) / 60_000;
  if (Math.abs(distance) <= step) return { factor: target, isMoving: false, atMs: nowMs };
  return { factor: factor + Math.sign(distance) * step, isMoving: true, atMs: nowMs };
}

/** Ten seconds: the factor is moved every second, and a longer gap is a pause or a jump. */
const STEP_MS_MAX = 10_000;

/** A reader over what the server measures of its own process; `cpuSeconds` counts up, of all threads. */
export function createProcessLoadReader(deps: {
  readonly clock: { monotonicMs(): number };
  readonly lagSecondsP99: () => number;
  readonly cpuSeconds: () => number;
  readonly cores: number;
}): LoadReader {
  let last = { atMs: deps.clock.monotonicMs(), cpuSeconds: deps.cpuSeconds() };
  let cpu = 0;
  return {
    read() {
      const now = { atMs: deps.clock.monotonicMs(), cpuSeconds: deps.cpuSeconds() };
      const elapsedSeconds = (now.atMs - last.atMs) / 1000;
      if (elapsedSeconds >= CPU_SECONDS_MIN) {
        cpu = Math.max(0, now.cpuSeconds - last.cpuSeconds) / elapsedSeconds / deps.cores;
        last = now;
      }
      return { eventLoop: deps.lagSecondsP99() / LAG_SECONDS_FULL, cpu };
    },
  };
}

// CPU time of a shorter span is mostly the grain of the counter.
const CPU_SECONDS_MIN = 0.5;

/** A loop whose timers come a tenth of a second late has nothing left: every request waits that long. */
const LAG_SECONDS_FULL = 0.1;
