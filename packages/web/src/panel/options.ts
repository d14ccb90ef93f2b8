/**
 * Readers of Grafana's option trees. They come from files: whatever has the wrong type counts as absent,
 * and the fallback holds.
 */
export function optionAt(tree: unknown, path: string): unknown {
  let at: unknown = tree;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return at;
}

export function textOption(tree: unknown, path: string, fallback = ''): string {
  const value = optionAt(tree, path);
  return typeof value === 'string' ? value : fallback;
}

export function flagOption(tree: unknown, path: string, fallback: boolean): boolean {
  const value = optionAt(tree, path);
  return typeof value === 'boolean' ? value : fallback;
}

/** Numbers also stand in files as texts (`"2"`). */
export function numberOption(tree: unknown, path: string): number | undefined {
  const value = optionAt(tree, path);
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

export function textsOption(tree: unknown, path: string): readonly string[] {
  const value = optionAt(tree, path);
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

/** One of the choices; the first when the file says something else. */
export function choiceOption<const T extends string>(
  tree: unknown,
  path: string,
  choices: readonly [T, ...T[]],
): T {
  const value = optionAt(tree, path);
  return choices.find((choice) => choice === value) ?? choices[0];
}
