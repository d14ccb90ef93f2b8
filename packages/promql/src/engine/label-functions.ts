import {
  createLabelPattern,
  ExecutionError,
  InputError,
  labelValueOf,
  METRIC_NAME,
  withLabel,
  type LabelPattern,
  type Labels,
  type StepGrid,
} from '@vedette/model';
import type { Call } from '../syntax/ast.ts';
import { collect, type ColumnStream } from './column.ts';
import { uniteEqual } from './label-drop.ts';
import type { Evaluator } from './query-context.ts';

/** label_replace and label_join. */
export async function* evaluateLabelCall(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const [vector, ...rest] = call.args;
  if (vector === undefined) return;
  const texts = rest.map((arg) => evaluator.string(arg));
  const [target = ''] = texts;
  const relabel = call.name === 'label_replace' ? replacer(texts) : joiner(texts);
  if (target === '' || !target.isWellFormed())
    throw new ExecutionError(
      'VED_QUERY_EXECUTION',
      `invalid destination label name in ${call.name}(): ${target}`,
    );
  const columns = await collect(evaluator.vector(vector, grid));
  for (const column of columns) {
    const labels = relabel(column.labels);
    // A name that was just set is there to stay.
    if (target === METRIC_NAME && labels !== column.labels) column.isNameDropped = false;
    column.labels = labels;
  }
  yield uniteEqual(evaluator.context, columns);
}

function replacer([target = '', replacement = '', source = '', pattern = '']: string[]): (
  labels: Labels,
) => Labels {
  const compiled = compile(pattern);
  return (labels) => {
    const value = compiled.expand(labelValueOf(labels, source), replacement);
    return value === undefined ? labels : withLabel(labels, target, value);
  };
}

/** Upstream repeats the whole pattern, which may be a megabyte. */
const PATTERN_CHARACTERS_SHOWN = 200;

function compile(pattern: string): LabelPattern {
  try {
    return createLabelPattern(pattern);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const shown =
      pattern.length <= PATTERN_CHARACTERS_SHOWN ? pattern : `${pattern.slice(0, PATTERN_CHARACTERS_SHOWN)}…`;
    const text = `invalid regular expression in label_replace(): ${shown}`;
    throw new ExecutionError('VED_QUERY_EXECUTION', text, { cause: error });
  }
}

function joiner([target = '', separator = '', ...sources]: string[]): (labels: Labels) => Labels {
  return (labels) =>
    withLabel(labels, target, sources.map((source) => labelValueOf(labels, source)).join(separator));
}
