/**
 * What the ranking of the product finds on recorded incidents. The functions are the product's own; nothing here knows
 * which services are culprits. What was looked at while the ranking was made is apart from what was not:
 *
 * - PetShop: the authors' `train` (8 incidents) and the first day of normal operation; apart `test` (18) and the second day.
 * - Nezha's Online Boutique: the incidents with an even number; apart those with an odd one.
 *
 * Normal operation is cut into windows of five rows, one after the other, as long as an incident's recording; what is
 * usual is then learnt from all rows but those five.
 */
import * as path from 'node:path';
import {
  rankSuspects,
  weighSuspects,
  type RankInput,
} from '../../packages/server/src/respond/agent/rank/rank-suspects.ts';
import { loadNezha } from './nezha.ts';
import { inputOf, loadCases, loadPetShop, type PetShop, type PetShopRows, type Violated } from './petshop.ts';

export type Part = 'tuned' | 'apart';

/** Of incidents: how many, and how many whose broken service was among the first k. */
export interface Found {
  readonly incidents: number;
  readonly top1: number;
  readonly top3: number;
  /** Among the first k of all services, k = 1 … 5, when it may not abstain. */
  readonly ordered: readonly number[];
}

/** Of windows without an incident: how many, and in how many nothing was suspected. */
export interface Silent {
  readonly windows: number;
  readonly silent: number;
}

export interface Incident {
  readonly name: string;
  readonly rootCause: string;
  readonly input: RankInput;
}

const WINDOW_ROWS = 5;
const SUBJECT = 'PetSite';

export function countFound(incidents: readonly Incident[]): Found {
  let top1 = 0;
  let top3 = 0;
  const ordered = [0, 0, 0, 0, 0];
  for (const { rootCause, input } of incidents) {
    const told = rankSuspects(input).suspects.findIndex(({ node }) => node === rootCause);
    if (told === 0) top1++;
    if (told !== -1) top3++;
    const rank = weighSuspects(input).findIndex(({ node }) => node.name === rootCause);
    for (let k = 0; k < ordered.length; k++) if (rank !== -1 && rank <= k) ordered[k] = (ordered[k] ?? 0) + 1;
  }
  return { incidents: incidents.length, top1, top3, ordered };
}

export function petShopIncidents(shared: string, part: Part, violated: Violated): readonly Incident[] {
  const { directory, shop } = openPetShop(shared);
  return loadCases(directory, part === 'tuned' ? 'train' : 'test', shop).filter(
    (one) => one.violated === violated,
  );
}

export function nezhaIncidents(shared: string, part: Part): readonly Incident[] {
  const remainder = part === 'tuned' ? 0 : 1;
  return loadNezha(path.join(shared, 'rca/nezha-online-boutique')).filter((_, i) => i % 2 === remainder);
}

export function countSilent(shared: string, part: Part, violated: Violated): Silent {
  const { shop } = openPetShop(shared);
  const rows = rowCountOf(shop.normal);
  const middle = Math.ceil(rows / 2 / WINDOW_ROWS) * WINDOW_ROWS;
  const [from, until] = part === 'tuned' ? [0, middle] : [middle, rows];
  let windows = 0;
  let silent = 0;
  for (let first = from; first + WINDOW_ROWS <= until; first += WINDOW_ROWS) {
    const isInside = (row: number): boolean => row >= first && row < first + WINDOW_ROWS;
    const now = keepRows(shop.normal, isInside);
    const before = keepRows(shop.normal, (row) => !isInside(row));
    const { suspects } = rankSuspects(inputOf(shop.edges, { subject: SUBJECT, violated, before, now }));
    windows++;
    if (suspects.length === 0) silent++;
  }
  return { windows, silent };
}

function openPetShop(shared: string): { directory: string; shop: PetShop } {
  const directory = path.join(shared, 'rca/petshop/low_traffic');
  return { directory, shop: loadPetShop(directory) };
}

function rowCountOf(rows: PetShopRows): number {
  return rows.get(SUBJECT)?.latency?.length ?? 0;
}

function keepRows(rows: PetShopRows, isKept: (row: number) => boolean): PetShopRows {
  const keep = (values: Float64Array | undefined): Float64Array | undefined =>
    values?.filter((_, row) => isKept(row));
  return new Map(
    Array.from(rows, ([node, { latency, errors, rate }]) => [
      node,
      { latency: keep(latency), errors: keep(errors), rate: keep(rate), resource: undefined },
    ]),
  );
}
