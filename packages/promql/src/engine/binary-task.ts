import {
  labelsKeyOf,
  METRIC_NAME,
  onlyLabels,
  withoutLabels,
  type Labels,
  type StepGrid,
} from '@vedette/model';
import type { Binary, VectorMatching } from '../syntax/ast.ts';
import type { Column } from './column.ts';
import type { QueryContext } from './query-context.ts';

/** A binary expression between two instant vectors, both of them complete. */
export interface BinaryTask {
  readonly context: QueryContext;
  readonly node: Binary;
  readonly left: readonly Column[];
  readonly right: readonly Column[];
  readonly grid: StepGrid;
}

/** The labels by which series of both sides find each other. */
export class MatchSignature {
  readonly #isOn: boolean;
  readonly #names: ReadonlySet<string>;

  constructor(matching: VectorMatching | undefined) {
    this.#isOn = matching?.isOn ?? false;
    const labels = matching?.labels ?? [];
    this.#names = new Set(this.#isOn ? labels : [...labels, METRIC_NAME]);
  }

  labelsOf(labels: Labels): Labels {
    return this.#isOn ? onlyLabels(labels, this.#names) : withoutLabels(labels, this.#names);
  }

  keyOf(column: Column): string {
    return labelsKeyOf(this.labelsOf(column.labels));
  }
}

export function groupBySignature(
  columns: readonly Column[],
  signature: MatchSignature,
): Map<string, Column[]> {
  const groups = new Map<string, Column[]>();
  for (const column of columns) {
    const key = signature.keyOf(column);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [column]);
    else group.push(column);
  }
  return groups;
}

/** The steps at which any of the columns has a value. */
export function unionOfValidity(columns: readonly Column[], byteCount: number): Uint8Array {
  const union = new Uint8Array(byteCount);
  for (const { validity } of columns)
    for (let byte = 0; byte < byteCount; byte++) union[byte] = (union[byte] ?? 0) | (validity[byte] ?? 0);
  return union;
}
