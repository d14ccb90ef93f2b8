import { BASE_LABEL_NAMES, type Container } from './container.ts';
import type { CgroupIdentity } from './cgroup-identity.ts';
import type { FoundCgroup } from './discovery.ts';
import type { ContainerFacts } from './names/facts.ts';

const LABEL_PREFIX = 'container_label_';

const CONTAINER_LABEL = BASE_LABEL_NAMES.indexOf('container');

/** What follows the base labels: one for each label of the engine that is wanted. Of two that come out alike the first stays. */
export function engineLabels(wanted: readonly string[]): ReadonlyMap<string, string> {
  const byName = new Map<string, string>();
  for (const label of wanted) {
    const name = LABEL_PREFIX + label.replaceAll(/\W/g, '_');
    if (!byName.has(name)) byName.set(name, label);
  }
  return byName;
}

/** The containers of the last round. One that stays keeps its object, so that readers may remember things by it. */
export class WatchedContainers {
  readonly #root: string;
  readonly #engineLabels: readonly string[];
  #containers = new Map<string, Container>();
  readonly #factsOf = new WeakMap<Container, ContainerFacts | undefined>();

  constructor(options: { readonly root: string; readonly engineLabels: readonly string[] }) {
    this.#root = options.root;
    this.#engineLabels = options.engineLabels;
  }

  get identities(): readonly CgroupIdentity[] {
    return [...this.#containers.values()].map(({ identity }) => identity);
  }

  /** Takes over what was found; says whether something is new. */
  update(found: readonly FoundCgroup[]): boolean {
    const before = this.#containers;
    this.#containers = new Map();
    let hasNew = false;
    for (const { path, identity } of found) {
      const known = before.get(path);
      hasNew ||= known === undefined;
      this.#containers.set(path, known ?? this.#create(path, identity));
    }
    return hasNew;
  }

  /** All of them, under the names of now. Sandboxes of pods come before the containers of pods, whatever their paths. */
  named(factsOf: (identity: CgroupIdentity) => ContainerFacts | undefined): readonly Container[] {
    const containers = [...this.#containers.values()];
    for (const container of containers) this.#applyFacts(container, factsOf(container.identity));
    const isInPod = ({ labelValues }: Container): number =>
      Number((labelValues[CONTAINER_LABEL] ?? '') !== '');
    return containers.sort((a, b) => isInPod(a) - isInPod(b));
  }

  #create(path: string, identity: CgroupIdentity): Container {
    const container = {
      path,
      directory: this.#root + path,
      identity,
      labelValues: this.#labelValuesOf(path, identity, undefined),
      pids: [],
      processCount: 0,
    };
    this.#factsOf.set(container, undefined);
    return container;
  }

  #applyFacts(container: Container, facts: ContainerFacts | undefined): void {
    if (this.#factsOf.get(container) === facts) return;
    this.#factsOf.set(container, facts);
    container.labelValues = this.#labelValuesOf(container.path, container.identity, facts);
  }

  #labelValuesOf(
    path: string,
    identity: CgroupIdentity,
    facts: ContainerFacts | undefined,
  ): readonly string[] {
    const byName: Record<(typeof BASE_LABEL_NAMES)[number], string> = {
      id: path.toWellFormed().replaceAll('\uffff', ''),
      name: facts === undefined || facts.name === '' ? identity.name : facts.name,
      image: facts?.image ?? '',
      pod: facts?.pod ?? '',
      namespace: facts?.namespace ?? '',
      container: facts?.container ?? '',
    };
    return [
      ...BASE_LABEL_NAMES.map((name) => byName[name]),
      ...this.#engineLabels.map((label) => facts?.labels[label] ?? ''),
    ];
  }
}
