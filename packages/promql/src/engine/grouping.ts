import { labelsKeyOf, METRIC_NAME, NO_LABELS, onlyLabels, withoutLabels, type Labels } from '@vedette/model';
import type { Aggregation } from '../syntax/ast.ts';

/** Sorts series into the groups of `by (…)` and `without (…)`, in order of their first series. */
export class Grouping<Group> {
  readonly #isSingle: boolean;
  readonly #isWithout: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #create: (labels: Labels) => Group;
  readonly #groups = new Map<string, Group>();

  constructor({ grouping, isWithout }: Aggregation, create: (labels: Labels) => Group) {
    this.#isSingle = !isWithout && grouping.length === 0;
    this.#isWithout = isWithout;
    this.#names = new Set(isWithout ? [...grouping, METRIC_NAME] : grouping);
    this.#create = create;
  }

  groupOf(labels: Labels): Group {
    const kept = this.labelsOf(labels);
    const key = this.#isSingle ? '' : labelsKeyOf(kept);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = this.#create(kept);
      this.#groups.set(key, group);
    }
    return group;
  }

  labelsOf(labels: Labels): Labels {
    if (this.#isSingle) return NO_LABELS;
    return this.#isWithout ? withoutLabels(labels, this.#names) : onlyLabels(labels, this.#names);
  }

  groups(): readonly Group[] {
    return [...this.#groups.values()];
  }
}
