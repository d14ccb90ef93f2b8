import { formatLabels, type Labels } from '@vedette/model';

// A label of a megabyte is no example for anyone, neither in an answer nor in the log.
const EXAMPLE_LENGTH_MAX = 300;

/** A label set as an example in an error or a report, cut when it is long. */
export function exampleOf(labels: Labels): string {
  const text = formatLabels(labels);
  return text.length <= EXAMPLE_LENGTH_MAX ? text : `${text.slice(0, EXAMPLE_LENGTH_MAX)}…`;
}
