import { readFileSync } from 'node:fs';
import * as path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** Labels by series name, as docs/metrics.md lists them. */
export function documentedSeries(): ReadonlyMap<string, ReadonlySet<string>> {
  const series = new Map<string, Set<string>>();
  const text = readFileSync(path.join(root, 'docs/metrics.md'), 'utf8');
  const row = /^\| `([a-zA-Z_:][\w:]*)` \| (counter|gauge|histogram|summary|unknown) \| ([^|]*)\|/gm;
  for (const [, name = '', type, cells = ''] of text.matchAll(row)) {
    const labels = [...cells.matchAll(/`(\w+)`/g)].map(([, label = '']) => label);
    const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    for (const suffix of suffixes) {
      const known = series.get(name + suffix) ?? new Set(['job', 'instance']);
      for (const label of [...labels, ...(suffix === '_bucket' ? ['le'] : [])]) known.add(label);
      series.set(name + suffix, known);
    }
  }
  return series;
}
