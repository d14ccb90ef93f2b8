/** Taking over a changed configuration while everything runs. */
import type { Clock } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { Config } from './config/load.ts';
import type { StartSettings } from './config/start-settings.ts';
import type { Log } from './telemetry/log.ts';

export interface ReloaderDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  /** Reads and checks the file again; rejects with its faults. */
  readonly loadSettings: () => Promise<StartSettings>;
  /** Hands the new settings to the parts; rejects before anything changed when they cannot be used. */
  readonly apply: (settings: StartSettings) => Promise<void>;
}

/** Parts of the file that are read at the start alone. */
const RESTART_KEYS = [
  'server',
  'storage',
  'query',
  'host',
  'containers',
  'packs',
] as const satisfies readonly (keyof Config)[];

interface LastReload {
  readonly isSuccess: boolean;
  readonly atMs: number;
  /** Why it failed. */
  readonly fault?: string;
}

/** Reloads one after the other, remembers how the last one went, and says what still waits for a restart. */
export class Reloader {
  readonly #deps: ReloaderDeps;
  #settings: StartSettings;
  #last: LastReload;
  #running: Promise<readonly string[]> = Promise.resolve([]);
  /** Waits for the running one. */
  #next: Promise<readonly string[]> | undefined;
  /** What the parts that are not replaced go on with. */
  readonly #started: StartSettings;

  constructor(deps: ReloaderDeps, settings: StartSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#started = settings;
    this.#last = { isSuccess: true, atMs: deps.clock.nowMs() };
    const success = deps.registry.gauge({
      name: 'vedette_config_last_reload_successful',
      help: '1 when the last load of the configuration succeeded.',
    });
    const atSeconds = deps.registry.gauge({
      name: 'vedette_config_last_reload_success_timestamp_seconds',
      help: 'When the configuration in use was loaded.',
    });
    deps.registry.onCollect(() => {
      success.set(Number(this.#last.isSuccess));
      if (this.#last.isSuccess) atSeconds.set(this.#last.atMs / 1000);
    });
  }

  /** The configuration in use, as far as it could be taken over without a restart. */
  get settings(): StartSettings {
    return this.#settings;
  }

  get last(): LastReload {
    return this.#last;
  }

  /**
   * One at a time. Calls that come while one runs share one more after it: the file as it stands last is
   * the one in force, and a storm of requests costs two reloads. Resolves with the keys that wait for a restart:
   * `server.oidc`, `query.timeout`.
   */
  reload(): Promise<readonly string[]> {
    this.#next ??= this.#running
      .catch(() => [])
      .then(() => {
        this.#next = undefined;
        this.#running = this.#reloadNow();
        return this.#running;
      });
    return this.#next;
  }

  async #reloadNow(): Promise<readonly string[]> {
    const { clock, log } = this.#deps;
    try {
      const next = await this.#deps.loadSettings();
      await this.#deps.apply(next);
      const waiting = RESTART_KEYS.flatMap((key) =>
        changesOf(key, this.#started.config[key], next.config[key]),
      );
      if (waiting.length > 0)
        log.warn('the configuration was reloaded; these keys wait for a restart', { keys: waiting });
      else log.info('the configuration was reloaded');
      this.#settings = next;
      this.#last = { isSuccess: true, atMs: clock.nowMs() };
      return waiting;
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      this.#last = { isSuccess: false, atMs: clock.nowMs(), fault };
      throw error;
    }
  }
}

/** What differs below a key, one level deep: `server.oidc`. */
function changesOf(key: string, before: object, after: object): readonly string[] {
  const [was, is] = [
    new Map<string, unknown>(Object.entries(before)),
    new Map<string, unknown>(Object.entries(after)),
  ];
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((name) => JSON.stringify(was.get(name)) !== JSON.stringify(is.get(name)))
    .map((name) => `${key}.${name}`);
}
