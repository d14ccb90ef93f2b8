import type { Labels } from '@vedette/model';
import type { TargetGroup } from '../../../lib/discovery-config.ts';
import { Secret } from '../../../lib/secret.ts';
import { createDiscovery, type DiscoveryPlan } from './create-discovery.ts';
import {
  targetLabelsOf,
  type DiscoveryDeps,
  type DiscoveryOptions,
  type TargetDiscovery,
} from './discovery.ts';

/** Where the targets of one job are known from. */
export interface TargetPlan {
  readonly staticGroups: readonly TargetGroup[];
  readonly discoveries: readonly DiscoveryPlan[];
}

interface RunningDiscovery {
  readonly plan: DiscoveryPlan;
  readonly source: TargetDiscovery;
}

/** All targets of one job, by name and discovered. A reload keeps the sources whose plan stays, with what they know. */
export class TargetSources {
  readonly #deps: DiscoveryDeps;
  readonly #options: DiscoveryOptions;
  #staticGroups: readonly TargetGroup[] = [];
  #discoveries: readonly RunningDiscovery[] = [];
  #onChange: (() => void) | undefined;

  constructor(deps: DiscoveryDeps, options: DiscoveryOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /**
   * Takes over another plan, also the first one. Resolves when the new sources have looked: at the start nobody waits
   * for other machines, later one does, so that targets do not go and come back.
   */
  async apply({ staticGroups, discoveries }: TargetPlan): Promise<void> {
    const before = this.#discoveries;
    this.#staticGroups = staticGroups;
    this.#discoveries = discoveries.map(
      (plan) =>
        before.find((known) => isSamePlan(known.plan, plan)) ?? {
          plan,
          source: createDiscovery(this.#deps, plan, this.#options),
        },
    );
    const added = this.#discoveries.filter((discovery) => !before.includes(discovery));
    const awaited = added.filter(({ source }) => source.isLocal || this.#onChange !== undefined);
    await Promise.all(awaited.map(({ source }) => source.refresh()));
    for (const { source } of before.filter((discovery) => !this.#discoveries.includes(discovery)))
      source.stop();
    if (this.#onChange !== undefined) this.start(this.#onChange);
  }

  /** Goes on looking; `onChange` runs when targets may have changed. Starting twice is safe. */
  start(onChange: () => void): void {
    this.#onChange = onChange;
    for (const { source } of this.#discoveries) source.start(onChange);
  }

  /** Label sets of all targets that are known now, in the order of the plan. */
  targets(): readonly Labels[] {
    return [
      ...this.#staticGroups.flatMap((group) => targetLabelsOf(group, [])),
      ...this.#discoveries.flatMap(({ source }) => source.targets()),
    ];
  }

  /** Final. */
  stop(): void {
    for (const { source } of this.#discoveries) source.stop();
  }
}

/** A plan with a secret is never the same: two secrets cannot be told apart. */
function isSamePlan(a: DiscoveryPlan, b: DiscoveryPlan): boolean {
  const text = JSON.stringify(a);
  return !text.includes(String(new Secret(''))) && text === JSON.stringify(b);
}
