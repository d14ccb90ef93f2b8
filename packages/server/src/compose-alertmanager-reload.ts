/** The configuration that `vedette alertmanager` works by: read again on demand, and shown by metrics. */
import { createHash } from 'node:crypto';
import type { Clock } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { AlertmanagerConfig } from './alert/config/config.ts';

/** A checked configuration with the text that it was. */
export interface LoadedConfig {
  readonly config: AlertmanagerConfig;
  readonly text: string;
}

export class ConfigInForce {
  readonly #deps: { readonly clock: Clock; readonly load: () => Promise<LoadedConfig> };
  #loaded: LoadedConfig;
  #isSuccess = true;
  #atMs: number;
  #turn: Promise<void> = Promise.resolve();

  constructor(
    deps: {
      readonly clock: Clock;
      readonly registry: MetricsRegistry;
      readonly load: () => Promise<LoadedConfig>;
    },
    loaded: LoadedConfig,
  ) {
    this.#deps = deps;
    this.#loaded = loaded;
    this.#atMs = deps.clock.nowMs();
    const gauge = (name: string, help: string) => deps.registry.gauge({ name, help });
    const success = gauge(
      'vedette_config_last_reload_successful',
      '1 when the last load of the configuration succeeded.',
    );
    const at = gauge(
      'vedette_config_last_reload_success_timestamp_seconds',
      'When the configuration in use was loaded.',
    );
    const hash = gauge('vedette_config_hash', 'A number that two equal configuration files share.');
    deps.registry.onCollect(() => {
      success.set(Number(this.#isSuccess));
      at.set(this.#atMs / 1000);
      hash.set(configHashOf(this.#loaded.text));
    });
  }

  get config(): AlertmanagerConfig {
    return this.#loaded.config;
  }

  /** One at a time. Rejects with the faults of the file, or what `apply` says; then the old one stays in force. */
  async reload(apply: (config: AlertmanagerConfig) => Promise<void>): Promise<void> {
    const turn = this.#turn.then(() => this.#reloadNow(apply));
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  async #reloadNow(apply: (config: AlertmanagerConfig) => Promise<void>): Promise<void> {
    try {
      const next = await this.#deps.load();
      await apply(next.config);
      this.#loaded = next;
      this.#isSuccess = true;
      this.#atMs = this.#deps.clock.nowMs();
    } catch (error) {
      this.#isSuccess = false;
      throw error;
    }
  }
}

/** As Alertmanager computes it, so that both can be compared: 48 bits of MD5, the first byte the lowest. */
export function configHashOf(text: string): number {
  return createHash('md5').update(text).digest().readUIntLE(0, 6);
}
