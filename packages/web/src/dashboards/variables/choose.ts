/** How Grafana's addresses and files write All. */
export const ALL_VALUE = '$__all';

export interface Choosing {
  readonly isMulti: boolean;
  readonly hasAll: boolean;
  readonly chosen: readonly string[];
  /** Values of the options, All aside. */
  readonly options: readonly string[];
}

/**
 * What is chosen after a click on `value`. All and single values exclude one another; a variable is
 * never without a value, since a query with none finds nothing and nobody would know why.
 */
export function chosenAfter(
  { isMulti, hasAll, chosen, options }: Choosing,
  value: string,
): readonly string[] {
  if (!isMulti || value === ALL_VALUE) return [value];
  const others = chosen.filter((one) => one !== ALL_VALUE);
  const next = others.includes(value) ? others.filter((one) => one !== value) : [...others, value];
  if (next.length > 0) return next;
  return hasAll ? [ALL_VALUE] : options.slice(0, 1);
}

export interface OptionText {
  readonly text: string;
  readonly value: string;
}

/** Options that have every word searched for. */
export function foundOptions(options: readonly OptionText[], search: string): readonly OptionText[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return options.filter(({ text }) => words.every((word) => text.toLowerCase().includes(word)));
}
