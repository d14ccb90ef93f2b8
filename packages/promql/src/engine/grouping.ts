import {
  labelsKeyOf,
  labelValueOf,
  METRIC_NAME,
  NO_LABELS,
  onlyLabels,
  withoutLabels,
  type Labels,
} from '@vedette/model';
import type { Aggregation } from '../syntax/ast.ts';

/**
 * Sorts series into the groups of `by (…)` and `without (…)`, in order of their first series.
 *
 * Most groupings are by one label; then its value is the key. Label values come from the store as the same
 * strings again and again, so that such a key is neither built nor hashed per series.
 */
export class Grouping<Group> {
  readonly #isSingle: boolean;
  readonly #isWithout: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #onlyName: string | undefined;
  readonly #create: (labels: Labels) => Group;
  readonly #groups = new Map<string, Group>();

  constructor({ grouping, isWithout }: Aggregation, create: (labels: Labels) => Group) {
    this.#isSingle = !isWithout && grouping.length === 0;
    this.#isWithout = isWithout;
    this.#names = new Set(isWithout ? [...grouping, METRIC_NAME] : grouping);
    this.#onlyName = !isWithout && this.#names.size === 1 ? grouping[0] : undefined;
    this.#create = create;
  }

  groupOf(labels: Labels): Group {
    const key = this.#keyOf(labels);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = this.#create(this.#labelsOf(labels));
      this.#groups.set(key, group);
    }
    return group;
  }

  groups(): readonly Group[] {
    return [...this.#groups.values()];
  }

  #keyOf(labels: Labels): string {
    if (this.#isSingle) return '';
    if (this.#onlyName !== undefined) return labelValueOf(labels, this.#onlyName);
    return labelsKeyOf(this.#labelsOf(labels));
  }

  #labelsOf(labels: Labels): Labels {
    if (this.#isSingle) return NO_LABELS;
    return this.#isWithout ? withoutLabels(labels, this.#names) : onlyLabels(labels, this.#names);
  }
}
