/**
 * Which mode each policy has: the configured one, unless a person or a brake set another. That holds until a person
 * says otherwise or the configuration of this very policy changes; other changes of the file do not end it.
 */
import { createHash } from 'node:crypto';
import type { Policy, PolicyMode } from '../../detect/index.ts';
import { BlastBrake } from './brake.ts';
import type { GuardSettings } from './config.ts';
import { ALERT_POLICY, type ModeEvent } from './guard-event.ts';

export interface PolicyEntry {
  readonly name: string;
  readonly version: string;
  /** A hash of all that is configured for it. */
  readonly configuration: string;
  readonly configuredMode: PolicyMode;
  readonly canaryPercent: number;
  readonly brake: BlastBrake;
}

export class PolicyBook {
  readonly #entries = new Map<string, PolicyEntry>();
  /** The last mode event of each policy; of one whose configuration is another it means nothing. */
  readonly overrides = new Map<string, ModeEvent>();

  /** Takes a configuration; brakes go on counting for policies that stay. */
  apply(policies: readonly Policy[], settings: GuardSettings): void {
    const entries = [...policies.map(entryOf), alertEntryOf(settings)];
    const before = new Map(this.#entries);
    this.#entries.clear();
    for (const entry of entries) {
      const known = before.get(entry.name);
      const isSame = known?.configuration === entry.configuration;
      this.#entries.set(entry.name, isSame ? { ...entry, brake: known.brake } : entry);
    }
  }

  applyEvent(event: ModeEvent): void {
    this.overrides.set(event.policy, event);
    if (!event.isTrip) this.#entries.get(event.policy)?.brake.release();
  }

  find(name: string): PolicyEntry | undefined {
    return this.#entries.get(name);
  }

  entries(): readonly PolicyEntry[] {
    return [...this.#entries.values()];
  }

  overrideOf({ name, configuration }: PolicyEntry): ModeEvent | undefined {
    const override = this.overrides.get(name);
    return override?.configuration === configuration ? override : undefined;
  }

  modeOf(entry: PolicyEntry): PolicyMode {
    return this.overrideOf(entry)?.mode ?? entry.configuredMode;
  }

  trippedOf(entry: PolicyEntry): ModeEvent | undefined {
    const override = this.overrideOf(entry);
    return override?.isTrip === true ? override : undefined;
  }
}

function entryOf(policy: Policy): PolicyEntry {
  const { name, version, mode, canaryPercent } = policy;
  const configuration = configurationHash(policy);
  return { name, version, configuration, configuredMode: mode, canaryPercent, brake: new BlastBrake() };
}

/** Decisions that come as alerts are a policy, too: with a mode and a brake. */
function alertEntryOf({ mode, webhook }: GuardSettings): PolicyEntry {
  const configuration = configurationHash({ mode, webhook });
  return {
    name: ALERT_POLICY,
    version: configuration,
    configuration,
    configuredMode: webhook.mode ?? mode,
    canaryPercent: webhook.canary_percent,
    brake: new BlastBrake(),
  };
}

function configurationHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
