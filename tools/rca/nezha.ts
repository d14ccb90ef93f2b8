/**
 * Nezha's Online Boutique (IntelligentDDS/Nezha, MIT): faults injected into eleven services, minutes of metrics from
 * 20 before to 6 after, latency of calls as the caller (`source_50`) and the callee (`destination_50`) see it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { deviationOf } from '../../packages/server/src/respond/agent/rank/deviation.ts';
import type {
  CallEdge,
  NodeSignal,
  RankInput,
  SignalKind,
} from '../../packages/server/src/respond/agent/rank/rank-suspects.ts';
import { readTable } from './read-table.ts';

export interface NezhaCase {
  readonly name: string;
  readonly rootCause: string;
  readonly faultType: string;
  readonly input: RankInput;
}

const SUBJECT = 'frontend';
const STEP_MS = 60_000;

// Of a pod: what the product would ask for of a service. Percentages become ratios, node metrics are those of the machine.
const POD_COLUMNS: readonly (readonly [string, SignalKind])[] = [
  ['PodServerLatencyP90(s)', 'latency'],
  ['PodWorkload(Ops)', 'rate'],
  ['CpuUsageRate(%)', 'resource'],
  ['MemoryUsageRate(%)', 'resource'],
];

export function loadNezha(directory: string): readonly NezhaCase[] {
  const edges = readTable(readFileSync(path.join(directory, 'dependency.csv'), 'utf8'))
    .slice(1)
    .map(([caller = '', callee = '']): CallEdge => ({ caller, callee }));
  const names = readdirSync(directory)
    .filter((name) => name.startsWith('case_'))
    .toSorted();
  return names.map((name) => loadCase(path.join(directory, name), name, edges));
}

function loadCase(directory: string, name: string, edges: readonly CallEdge[]): NezhaCase {
  const json: { injectUnix: number; rootCause: { service: string; faultType: string } } = JSON.parse(
    readFileSync(path.join(directory, 'case.json'), 'utf8'),
  );
  const table = (file: string): Table =>
    tableOf(gunzipSync(readFileSync(path.join(directory, file))).toString());
  const signals = new Map<string, NodeSignal[]>();
  const add = (service: string, signal: NodeSignal | undefined): void => {
    if (signal === undefined) return;
    const known = signals.get(service);
    if (known === undefined) signals.set(service, [signal]);
    else known.push(signal);
  };
  const pods = table('metrics.csv.gz');
  for (const pod of new Set(pods.rows.map((row) => row[pods.columns.indexOf('PodName')] ?? ''))) {
    const service = pod.split('-')[0] ?? '';
    const rows = pods.rows.filter((row) => row[pods.columns.indexOf('PodName')] === pod);
    for (const [column, kind] of POD_COLUMNS) {
      add(service, signalOf({ ...pods, rows }, { column, kind, service, atUnix: json.injectUnix }));
    }
  }
  const calls = table('source_50.csv.gz');
  for (const column of calls.columns.slice(1)) {
    const service = column.split('_')[1] ?? '';
    add(service, signalOf(calls, { column, kind: 'latency', service, atUnix: json.injectUnix }));
  }
  const front = table('front_service.csv.gz');
  const front90 = signalOf(front, {
    column: 'LatencyP90(s)',
    kind: 'latency',
    service: SUBJECT,
    atUnix: json.injectUnix,
  });
  const success = signalOf(front, {
    column: 'SuccessRate(%)',
    kind: 'errors',
    service: SUBJECT,
    atUnix: json.injectUnix,
  });
  add(SUBJECT, front90);
  add(SUBJECT, success);
  const violated = (success?.deviation.score ?? 0) > (front90?.deviation.score ?? 0) ? 'errors' : 'latency';
  const nodes = [...signals].map(([service, list]) => ({ name: service, signals: list }));
  return {
    name,
    rootCause: json.rootCause.service,
    faultType: json.rootCause.faultType,
    input: { subject: SUBJECT, violated, nodes, edges, stepMs: STEP_MS },
  };
}

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function tableOf(text: string): Table {
  const [columns = [], ...rows] = readTable(text);
  return { columns, rows };
}

function signalOf(
  { columns, rows }: Table,
  want: { column: string; kind: SignalKind; service: string; atUnix: number },
): NodeSignal | undefined {
  const index = columns.indexOf(want.column);
  if (index === -1) return undefined;
  const at = (row: readonly string[]): number => Number(row[0]);
  const value = (row: readonly string[]): number => {
    const cell = row[index];
    if (cell === undefined || cell === '') return Number.NaN;
    return want.kind === 'errors' ? 1 - Number(cell) / 100 : Number(cell);
  };
  const before = Float64Array.from(
    rows.filter((row) => at(row) < want.atUnix),
    value,
  );
  const now = Float64Array.from(
    rows.filter((row) => at(row) >= want.atUnix),
    value,
  );
  const deviation = deviationOf(before, now);
  const onsetMs = deviation.firstIndex === -1 ? undefined : deviation.firstIndex * STEP_MS;
  return { kind: want.kind, deviation, onsetMs, evidence: `${want.service} ${want.column}` };
}
