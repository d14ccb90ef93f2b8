/**
 * `npm run rca -- [--tuned] [SHARED]`: how often the ranking of suspects finds the broken service in recorded incidents
 * (`docs/root-cause.md`). SHARED is the folder that has `rca`; by default `../shared`. `--tuned` leaves out whatever is
 * kept apart: for working on the ranking, so that the rest stays unseen.
 */
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import {
  countFound,
  countSilent,
  nezhaIncidents,
  petShopIncidents,
  type Incident,
  type Part,
} from './rca/evaluate.ts';

const root = path.resolve(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  options: { tuned: { type: 'boolean' } },
  allowPositionals: true,
});
const shared = path.resolve(root, positionals[0] ?? process.env['VEDETTE_SHARED'] ?? '../shared');
const parts: readonly Part[] = values.tuned === true ? ['tuned'] : ['tuned', 'apart'];

const ratio = (count: number, total: number): string => `${count}/${total} ${(count / total).toFixed(3)}`;

function printFound(name: string, incidents: readonly Incident[]): void {
  const { top1, top3, ordered } = countFound(incidents);
  const total = incidents.length;
  const average = ordered.reduce((sum, count) => sum + count, 0) / ordered.length;
  console.log(
    `${name.padEnd(34)} top-1 ${ratio(top1, total)}  top-3 ${ratio(top3, total)}  ` +
      `not abstaining: AC@1 ${ratio(ordered[0] ?? 0, total)}  AC@3 ${ratio(ordered[2] ?? 0, total)}  Avg@5 ${(average / total).toFixed(3)}`,
  );
}

const everything: Incident[] = [];
for (const part of parts) {
  for (const violated of ['latency', 'errors'] as const) {
    const incidents = petShopIncidents(shared, part, violated);
    everything.push(...incidents);
    printFound(`PetShop ${part === 'tuned' ? 'train' : 'test'}, ${violated}`, incidents);
  }
}
printFound('PetShop, all of these', everything);
for (const part of parts) {
  for (const violated of ['latency', 'errors'] as const) {
    const { windows, silent } = countSilent(shared, part, violated);
    console.log(
      `${`PetShop ${part === 'tuned' ? 'first' : 'second'} normal day, ${violated}`.padEnd(34)} nothing suspected ${ratio(silent, windows)}`,
    );
  }
}
for (const part of parts) {
  printFound(`Online Boutique, ${part === 'tuned' ? 'even' : 'odd'} numbers`, nezhaIncidents(shared, part));
}
