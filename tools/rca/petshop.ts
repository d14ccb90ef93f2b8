/**
 * PetShop (amazon-science/petshop-root-cause-analysis, CC BY 4.0): incidents of a shop on AWS, five rows of five minutes
 * each, two days of normal operation (recorded later), the call graph, and the service that was broken.
 */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { deviationOf } from '../../packages/server/src/respond/agent/rank/deviation.ts';
import type {
  CallEdge,
  NodeSignal,
  RankInput,
  RankNode,
  SignalKind,
} from '../../packages/server/src/respond/agent/rank/rank-suspects.ts';
import { readTable } from './read-table.ts';

export type Violated = 'latency' | 'errors';

export interface PetShopCase {
  readonly name: string;
  readonly subject: string;
  readonly violated: Violated;
  readonly rootCause: string;
  readonly input: RankInput;
}

/** Rows by node and metric; holes are NaN. */
export type PetShopRows = ReadonlyMap<string, Readonly<Record<SignalKind, Float64Array | undefined>>>;

export interface PetShop {
  readonly edges: readonly CallEdge[];
  readonly normal: PetShopRows;
}

// Of all statistics the one whose objective is violated (target.json says Average for each case).
const COLUMNS = { latency: 'latency Average', errors: 'availability Average', rate: 'requests Sum' } as const;

const STEP_MS = 300_000;

export function loadPetShop(directory: string): PetShop {
  const [header, ...rows] = readTable(readFileSync(path.join(directory, 'graph.csv'), 'utf8'));
  const callees = header ?? [];
  const edges = rows.flatMap(([caller = '', ...cells]) =>
    cells.flatMap((cell, i) => (Number(cell) > 0 ? [{ caller, callee: callees[i + 1] ?? '' }] : [])),
  );
  return { edges, normal: loadRows(path.join(directory, 'noissue/metrics.csv')) };
}

export function loadCases(directory: string, part: 'train' | 'test', shop: PetShop): readonly PetShopCase[] {
  const names = readdirSync(path.join(directory, part)).toSorted((a, b) => numberOf(a) - numberOf(b));
  return names.map((name) => {
    const target: unknown = JSON.parse(readFileSync(path.join(directory, part, name, 'target.json'), 'utf8'));
    const { subject, violated, rootCause } = parseTarget(target);
    const now = loadRows(path.join(directory, part, name, 'metrics.csv'));
    const input = inputOf(shop.edges, { subject, violated, before: shop.normal, now });
    return { name: `${part}/${name}`, subject, violated, rootCause, input };
  });
}

export function inputOf(
  edges: readonly CallEdge[],
  window: { subject: string; violated: Violated; before: PetShopRows; now: PetShopRows },
): RankInput {
  const nodes: RankNode[] = [];
  for (const [name, before] of window.before) {
    const now = window.now.get(name);
    const signals: NodeSignal[] = [];
    for (const kind of ['latency', 'errors', 'rate'] as const) {
      const past = before[kind];
      const present = now?.[kind];
      if (past === undefined || present === undefined) continue;
      const deviation = deviationOf(past, present);
      const onsetMs = deviation.firstIndex === -1 ? undefined : deviation.firstIndex * STEP_MS;
      signals.push({ kind, deviation, onsetMs, evidence: `${name} ${kind}` });
    }
    nodes.push({ name, signals });
  }
  return { subject: window.subject, violated: window.violated, nodes, edges, stepMs: STEP_MS };
}

function numberOf(name: string): number {
  return Number(name.replace('issue_', ''));
}

function parseTarget(target: unknown): Pick<PetShopCase, 'subject' | 'violated' | 'rootCause'> {
  const { target: violated, root_cause: cause } = recordOf(target);
  const { node, metric } = recordOf(violated);
  return {
    subject: String(node),
    violated: metric === 'latency' ? 'latency' : 'errors',
    rootCause: String(recordOf(cause)['node']),
  };
}

function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null)
    throw new Error(`cannot read a case: want an object, got ${typeof value}`);
  return Object.fromEntries(Object.entries(value));
}

/** Three rows of header: node, metric, statistic; then `unix_timestamp`, which some files have as a row of its own. */
function loadRows(file: string): PetShopRows {
  const [nodes = [], metrics = [], statistics = [], ...rest] = readTable(readFileSync(file, 'utf8'));
  const rows = rest.filter(([first]) => first !== 'unix_timestamp');
  const byNode = new Map<string, Record<SignalKind, Float64Array | undefined>>();
  for (let column = 1; column < nodes.length; column++) {
    const kind = kindOf(`${metrics[column]} ${statistics[column]}`);
    if (kind === undefined) continue;
    const values = Float64Array.from(rows, (row) => valueOf(row[column], kind));
    const node = nodes[column] ?? '';
    const signals = byNode.get(node) ?? {
      latency: undefined,
      errors: undefined,
      rate: undefined,
      resource: undefined,
    };
    signals[kind] = values;
    byNode.set(node, signals);
  }
  return byNode;
}

function kindOf(column: string): 'latency' | 'errors' | 'rate' | undefined {
  if (column === COLUMNS.latency) return 'latency';
  if (column === COLUMNS.errors) return 'errors';
  return column === COLUMNS.rate ? 'rate' : undefined;
}

/** Seconds, errors per request, requests per second. */
function valueOf(cell: string | undefined, kind: 'latency' | 'errors' | 'rate'): number {
  if (cell === undefined || cell === '') return Number.NaN;
  if (kind === 'errors') return 1 - Number(cell) / 100;
  return kind === 'rate' ? Number(cell) / (STEP_MS / 1000) : Number(cell);
}
