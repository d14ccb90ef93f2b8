/**
 * The suspects of a report from calls between services: reads the graph, finds the service that is alerted about in it,
 * takes the kind in which that one deviates most, ranks, and writes down what each suspect rests on.
 */
import type { AnalysisGap, Suspect } from '@vedette/api';
import { readCallGraph, type CallGraph, type CallWindow } from './call-graph.ts';
import {
  rankSuspects,
  type CallEdge,
  type NodeSignal,
  type RankedSuspect,
  type RankNode,
  type SignalKind,
} from './rank-suspects.ts';

/** Where evidence is written down; gives the id to point to. */
export interface EvidenceBook {
  add(evidence: {
    readonly kind: 'series' | 'call-graph';
    readonly text: string;
    readonly query?: string | undefined;
    readonly value?: number | undefined;
    readonly baseline?: number | undefined;
  }): string;
}

export interface CallSuspects {
  readonly suspects: readonly Suspect[];
  readonly gaps: readonly AnalysisGap[];
}

// The report's sentence; what does not fit stands in the evidence.
const TEXT_CHARS_MAX = 500;

// A suspect's signals are some four; one that many names of hosts lead to has that many times as many.
const EVIDENCE_PER_SIDE_MAX = 8;

const NO_CALLS = 'nothing that is stored counts calls between services (docs/root-cause.md has what would)';

/** `names`: what the alert calls the service, the most telling first: values of its labels `service`, `app`, `job`, … */
export async function findCallSuspects(
  query: Parameters<typeof readCallGraph>[0],
  book: EvidenceBook,
  request: { readonly names: readonly string[]; readonly window: CallWindow },
  signal: AbortSignal,
): Promise<CallSuspects> {
  const graph = await readCallGraph(query, request.window, signal);
  if (graph === undefined) return { suspects: [], gaps: [{ what: 'suspects along calls', why: NO_CALLS }] };
  const service = serviceIn(graph, request.names);
  if (service === undefined) {
    const why = `the calls counted by ${graph.source} have no service of the alert's name`;
    return { suspects: [], gaps: [...graph.gaps, { what: 'suspects along calls', why }] };
  }
  const { nodes, edges } = graph;
  const violated = strangestKind(service);
  const { stepMs } = request.window;
  const ranking = rankSuspects({ subject: service.name, violated, nodes, edges, stepMs });
  const gaps = [...graph.gaps];
  if (ranking.abstention !== undefined) gaps.push({ what: 'suspects along calls', why: ranking.abstention });
  const suspects = ranking.suspects.map((one) => suspectOf(one, { graph, book, subject: service.name }));
  return { suspects, gaps };
}

function serviceIn({ nodes }: CallGraph, names: readonly string[]): RankNode | undefined {
  for (const name of names) {
    // OpenTelemetry's job is `name space/service`.
    const short = name.slice(name.lastIndexOf('/') + 1);
    const node = nodes.find((one) => one.name === name || one.name === short);
    if (node !== undefined) return node;
  }
  return undefined;
}

/** Errors where they are equal, or nothing is worse than before. */
function strangestKind({ signals }: RankNode): SignalKind {
  let best: SignalKind = 'errors';
  let highest = -1;
  for (const kind of ['errors', 'latency'] as const) {
    for (const signal of signals) {
      const isWorse = signal.kind === kind && signal.deviation.direction === 'up';
      if (isWorse && signal.deviation.score > highest) {
        best = kind;
        highest = signal.deviation.score;
      }
    }
  }
  return best;
}

interface Telling {
  readonly graph: CallGraph;
  readonly book: EvidenceBook;
  readonly subject: string;
}

function suspectOf(one: RankedSuspect, telling: Telling): Suspect {
  const { graph, book, subject } = telling;
  const signals = graph.nodes.find(({ name }) => name === one.node)?.signals ?? [];
  const write = (queries: readonly string[]): string[] =>
    signals
      .filter(({ evidence }) => queries.includes(evidence))
      .slice(0, EVIDENCE_PER_SIDE_MAX)
      .map((signal) => book.add(evidenceOf(one.node, signal)));
  const evidenceFor = write(one.evidenceFor);
  if (one.node !== subject) {
    const text = `${pathTo(graph.edges, subject, one.node).join(' calls ')} (counted by ${graph.source})`;
    evidenceFor.push(book.add({ kind: 'call-graph', text: clip(text) }));
  }
  const doubts = one.doubts.length === 0 ? '' : `; but ${one.doubts.join(', ')}`;
  const isCaller = graph.edges.some(({ caller }) => caller === one.node);
  return {
    entity: one.node,
    kind: isCaller || one.node === subject ? 'service' : 'dependency',
    confidence: one.confidence,
    text: clip(`${one.node}: ${one.reasons.join('; ')}${doubts}`),
    evidenceFor,
    evidenceAgainst: write(one.evidenceAgainst),
  };
}

const UNITS: Readonly<Record<SignalKind, string>> = {
  latency: 'seconds per request',
  errors: 'errors per request',
  rate: 'requests per second',
  resource: 'of a resource',
};

function evidenceOf(
  node: string,
  { kind, deviation, evidence }: NodeSignal,
): Parameters<EvidenceBook['add']>[0] {
  const { now, before, isGone } = deviation;
  const number = (value: number): string =>
    Number.isNaN(value) ? 'nothing' : String(Number(value.toPrecision(3)));
  const text = `${node}: ${isGone ? 'nothing' : number(now)} ${UNITS[kind]}, before ${number(before)}`;
  return {
    kind: 'series',
    text: clip(text),
    query: evidence,
    value: isGone ? undefined : now,
    baseline: before,
  };
}

function clip(text: string): string {
  return text.length <= TEXT_CHARS_MAX ? text : `${text.slice(0, TEXT_CHARS_MAX - 1)}…`;
}

/** A shortest way along the calls, both ends included. */
function pathTo(edges: readonly CallEdge[], from: string, to: string): readonly string[] {
  const calleesOf = Map.groupBy(edges, ({ caller }) => caller);
  const cameFrom = new Map<string, string>();
  const open = [from];
  for (let at = 0; at < open.length && !cameFrom.has(to); at++) {
    const caller = open[at] ?? from;
    for (const { callee } of calleesOf.get(caller) ?? []) {
      if (callee === from || cameFrom.has(callee)) continue;
      cameFrom.set(callee, caller);
      open.push(callee);
    }
  }
  const path = [to];
  for (let at = cameFrom.get(to); at !== undefined; at = cameFrom.get(at)) path.unshift(at);
  return path;
}
