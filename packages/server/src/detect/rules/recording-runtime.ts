import { labelsFromPairs, labelsKeyOf, METRIC_NAME, type Labels } from '@vedette/model';
import type { PromQuery } from '../../query/metrics/port.ts';
import {
  duplicateErrorOf,
  limitErrorOf,
  queryVector,
  type Evaluation,
  type OutputSample,
  type RuleRuntime,
} from './rule-runtime.ts';
import type { RecordingRule } from './rule.ts';

/** Stores the result of an expression under a new name. */
export class RecordingRuntime implements RuleRuntime {
  readonly id: string;
  readonly kind = 'recording';
  readonly #query: PromQuery;
  readonly #rule: RecordingRule;

  constructor(deps: { query: PromQuery }, id: string, rule: RecordingRule) {
    this.#query = deps.query;
    this.id = id;
    this.#rule = rule;
  }

  /** Nothing is remembered: a vanished series ends by itself after the lookback. */
  lastWritten(): readonly Labels[] {
    return [];
  }

  async evaluate(evaluation: Evaluation): Promise<readonly OutputSample[]> {
    const vector = await queryVector(this.#query, this.#rule.expr, evaluation);
    const samples = vector.map((sample) => ({ ...sample, labels: this.#relabel(sample.labels) }));
    const distinct = new Set(samples.map(({ labels }) => labelsKeyOf(labels)));
    if (distinct.size < samples.length) throw duplicateErrorOf('rule');
    if (evaluation.limit > 0 && samples.length > evaluation.limit)
      throw limitErrorOf(evaluation.limit, samples.length, 'series');
    return samples;
  }

  #relabel(labels: Labels): Labels {
    const pairs: [string, string][] = [];
    for (let i = 0; i < labels.length; i += 2) pairs.push([labels[i] ?? '', labels[i + 1] ?? '']);
    return labelsFromPairs([...pairs, [METRIC_NAME, this.#rule.name], ...this.#rule.labels]);
  }
}
