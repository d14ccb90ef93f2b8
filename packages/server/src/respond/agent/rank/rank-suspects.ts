/**
 * Which service may be the cause: measurements of services and who calls whom in, at most three suspects out, or none.
 *
 * 1. Begin at the subject, the service whose latency, errors or traffic is out of the ordinary. Is it not, there is
 *    nothing to explain, and the answer is none.
 * 2. What is too much somewhere is an amount: seconds (or errors) per request beyond the usual, times requests per
 *    second. Amounts of caller and callee can be compared: a callee whose excess is a tenth of the caller's explains a
 *    tenth of it, however strange the callee looks by its own measure. This keeps out the quiet dependency whose
 *    smallest movement is many interquartile ranges, which a walk by anomaly scores alone falls for.
 * 3. Walk down. What arrives at a callee is what arrived at its caller, times the part that the callee explains; what
 *    a service keeps for itself is what its own callees do not explain. A suspect's weight is what arrives at it times
 *    what it keeps times how strange it is: the last strange service of a chain has most, the ones before it least.
 * 4. Signals of another kind than the violated one (a callee that fails while the subject is slow, a processor that is
 *    full) have no amount that could be compared; they count in part, and support what is suspected already.
 * 5. A service that was later than the subject by more than a step loses; one that stopped measuring is strange.
 *
 * Names mean nothing here, and nothing is learnt from past incidents. Rejected: causal discovery from the series and
 * random walks over the graph (no better than chance in published comparisons), the sum of all scores (quiet series
 * that happen to move win).
 */
import { bug } from '@vedette/model';
import type { Deviation } from './deviation.ts';

/** What a signal measures: seconds per request, errors per request (0 … 1), requests per second, or anything else. */
export type SignalKind = 'latency' | 'errors' | 'rate' | 'resource';

export interface NodeSignal {
  readonly kind: SignalKind;
  readonly deviation: Deviation;
  /** When it first left what it used to be. */
  readonly onsetMs?: number | undefined;
  /** Handed back with the suspects that it speaks for or against. */
  readonly evidence: string;
}

export interface RankNode {
  readonly name: string;
  /**
   * Of several of the violated kind the strangest counts: latency as the service sees it and as each caller sees it.
   * Empty: it is called, and nothing is known of it.
   */
  readonly signals: readonly NodeSignal[];
}

export interface CallEdge {
  readonly caller: string;
  readonly callee: string;
}

export interface RankInput {
  /** The node that is alerted about. */
  readonly subject: string;
  readonly violated: SignalKind;
  readonly nodes: readonly RankNode[];
  /** Of nodes that are not in `nodes` nothing is known. Cycles and repetitions do no harm. */
  readonly edges: readonly CallEdge[];
  /** Between two points of the series: onsets closer than that are at the same time. */
  readonly stepMs: number;
}

export interface RankedSuspect {
  readonly node: string;
  /** 0 … 1. */
  readonly confidence: number;
  /** What speaks for it, a sentence each. */
  readonly reasons: readonly string[];
  readonly doubts: readonly string[];
  readonly evidenceFor: readonly string[];
  readonly evidenceAgainst: readonly string[];
}

export interface Ranking {
  /** The most likely first. */
  readonly suspects: readonly RankedSuspect[];
  /** Why there are none. */
  readonly abstention: string | undefined;
}

// The report's limit: whoever is woken reads three, not ten.
const SUSPECTS_MAX = 3;

// A graph of more services than the largest published ones have; beyond it the farthest are left out.
export const RANK_NODES_MAX = 2048;

// Below the first a deviation is noise (half of normally distributed windows of 60 points reach it), from the second
// on it is strange: where `firstIndex` begins to count, too. In between it is in part.
const NOISE_SCORE_MAX = 1;
const STRANGE_SCORE_MIN = 3;

// A suspect that is strange beyond doubt may stand although the subject's own series hides it: between these.
const OUTSTANDING_SCORES = { from: 3, until: 9 } as const;

// The first suspect must have this weight, or there is none: it is strange and accounts for two fifths.
const FIRST_WEIGHT_MIN = 0.4;

// Further ones are noise below a tenth.
const WEIGHT_MIN = 0.1;

// What a signal of another kind counts. Half: it then wins only where the violated kind explains less than half.
// Traffic is a consequence more often than a cause, and half of that; alone it is below `FIRST_WEIGHT_MIN`.
const OTHER_KIND_WEIGHT = 0.5;
const TRAFFIC_WEIGHT = 0.25;

// That the subject is strange is what is asked, not an answer: only beyond doubt it suspects itself, and by half.
const SUBJECT_WEIGHT = 0.5;

// What passes through a service that is not strange itself. Not nothing: averages hide a slow route.
const CALM_PASSAGE = 0.25;

// What is left of a suspect that began after the subject.
const LATE_WEIGHT = 0.7;

interface Judged {
  readonly node: RankNode;
  /** Of the violated kind the strangest. */
  readonly primary: NodeSignal | undefined;
  /** 0 … 1: of `primary`. */
  readonly strangeness: number;
  /** 0 … 1: the most strange signal of other kinds, as much as it counts. */
  readonly elsewhere: number;
  /** The highest score but of traffic. */
  readonly score: number;
  readonly rate: number | undefined;
}

interface World {
  readonly subject: Judged;
  readonly judgedByName: ReadonlyMap<string, Judged>;
  readonly calleesByName: ReadonlyMap<string, ReadonlySet<string>>;
  readonly stepMs: number;
}

export interface Weighed {
  readonly node: RankNode;
  /** The highest score of its signals but traffic. */
  readonly score: number;
  /** 0 … 1. */
  readonly weight: number;
  /** The part of the subject's excess that arrives here, 0 … 1. */
  readonly arrived: number;
  /** The part of its own excess that its callees explain, 0 … 1. */
  readonly explained: number;
  readonly isLate: boolean;
}

/** The suspects to tell of, or why there are none. */
export function rankSuspects(input: RankInput): Ranking {
  const subject = input.nodes.find(({ name }) => name === input.subject);
  if (subject === undefined || !subject.signals.some(({ kind }) => kind === input.violated)) {
    return abstain(`nothing measures the ${WORDS[input.violated]} of ${input.subject}`);
  }
  const weighed = weighSuspects(input);
  const best = weighed.slice(0, SUSPECTS_MAX).filter(({ weight }) => weight >= WEIGHT_MIN);
  if ((best[0]?.weight ?? 0) < FIRST_WEIGHT_MIN) {
    return abstain(`nothing stands out enough at ${input.subject} and the services that it depends on`);
  }
  const total = best.reduce((sum, { weight }) => sum + weight, 0);
  return { suspects: best.map((one) => describe(one, input, total)), abstention: undefined };
}

/** All services that can be reached from the subject and that measurements are known of, the heaviest first. */
export function weighSuspects(input: RankInput): readonly Weighed[] {
  const judgedByName = new Map(input.nodes.map((node) => [node.name, judge(node, input.violated)]));
  const subject = judgedByName.get(input.subject);
  if (subject === undefined) return [];
  const calleesByName = withoutCycles(input.subject, calleesOf(input.edges));
  const world: World = { subject, judgedByName, calleesByName, stepMs: input.stepMs };
  const weighed: Weighed[] = [];
  for (const [name, part] of walkDown(world)) {
    const judged = judgedByName.get(name);
    if (judged !== undefined) weighed.push(weigh(judged, part, world));
  }
  // Of equals the strangest; names only so that the order is always the same.
  return weighed.toSorted(
    (a, b) => b.weight - a.weight || b.score - a.score || (a.node.name < b.node.name ? -1 : 1),
  );
}

function abstain(abstention: string): Ranking {
  return { suspects: [], abstention };
}

/** Latency and errors are bad when they grow; traffic and resources are strange either way. */
function strangenessOf({ kind, deviation }: NodeSignal): number {
  if ((kind === 'latency' || kind === 'errors') && deviation.direction === 'down') return 0;
  return rampOf(deviation.score, NOISE_SCORE_MAX, STRANGE_SCORE_MIN);
}

function rampOf(value: number, from: number, until: number): number {
  return Math.min(1, Math.max(0, (value - from) / (until - from)));
}

function judge(node: RankNode, violated: SignalKind): Judged {
  let primary: NodeSignal | undefined;
  let elsewhere = 0;
  let score = 0;
  let rate: number | undefined;
  for (const signal of node.signals) {
    const { kind, deviation } = signal;
    const strangeness = deviation.isGone ? 1 : strangenessOf(signal);
    if (kind === 'rate') {
      if (!Number.isNaN(deviation.now)) rate = Math.max(rate ?? 0, deviation.now);
    } else if (strangeness > 0) score = Math.max(score, deviation.score);
    if (kind !== violated) {
      elsewhere = Math.max(elsewhere, strangeness * (kind === 'rate' ? TRAFFIC_WEIGHT : OTHER_KIND_WEIGHT));
    } else if (primary === undefined || strangenessOf(signal) > strangenessOf(primary)) primary = signal;
  }
  return {
    node,
    primary,
    strangeness: primary === undefined ? 0 : strangenessOf(primary),
    elsewhere,
    score,
    rate,
  };
}

function calleesOf(edges: readonly CallEdge[]): ReadonlyMap<string, ReadonlySet<string>> {
  const callees = new Map<string, Set<string>>();
  for (const { caller, callee } of edges) {
    if (caller === callee) continue;
    const known = callees.get(caller);
    if (known === undefined) callees.set(caller, new Set([callee]));
    else known.add(callee);
  }
  return callees;
}

/**
 * What can be reached from the subject, without the calls that lead back to where the walk came from: each of a circle
 * would explain the other, and nobody would be left.
 */
function withoutCycles(
  subject: string,
  calleesByName: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const acyclic = new Map<string, Set<string>>();
  const onPath = new Set<string>();
  const stack: { readonly name: string; readonly rest: string[]; readonly kept: Set<string> }[] = [];
  const enter = (name: string): void => {
    const kept = new Set<string>();
    acyclic.set(name, kept);
    onPath.add(name);
    stack.push({ name, rest: [...(calleesByName.get(name) ?? [])], kept });
  };
  enter(subject);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const callee = top.rest.shift();
    if (callee === undefined) {
      onPath.delete(top.name);
      stack.pop();
    } else if (!onPath.has(callee)) {
      top.kept.add(callee);
      if (!acyclic.has(callee)) enter(callee);
    }
  }
  return acyclic;
}

/** Those that it calls, and behind callees without measurements those that they call. */
function measuredCallees(name: string, { judgedByName, calleesByName }: World): readonly Judged[] {
  const measured: Judged[] = [];
  const seen = new Set<string>();
  const open = [name];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const callee of calleesByName.get(at) ?? []) {
      if (seen.has(callee)) continue;
      seen.add(callee);
      const judged = judgedByName.get(callee);
      if (judged?.primary === undefined) open.push(callee);
      else measured.push(judged);
    }
  }
  return measured;
}

/** The part of the caller's excess that a callee can account for, 0 … 1: step 2 of the essay. */
function partOf(callee: Judged, caller: Judged): number {
  if (callee.primary === undefined || caller.primary === undefined) return 1;
  const isPerSecond = callee.rate !== undefined && caller.rate !== undefined;
  const called = callee.primary.deviation.excess * (isPerSecond ? (callee.rate ?? 1) : 1);
  const calling = caller.primary.deviation.excess * (isPerSecond ? (caller.rate ?? 1) : 1);
  if (!(calling > 0)) return 1;
  return Math.min(1, Math.max(0, called / calling));
}

/** How much of the subject's excess arrives at each service that can be reached: the best of all ways to it. */
function walkDown({ subject, judgedByName, calleesByName }: World): ReadonlyMap<string, number> {
  // No passage adds anything, so whoever has most among the open ones is settled.
  const open = new Map([[subject.node.name, { part: 1, from: subject }]]);
  const settled = new Map<string, number>();
  while (open.size > 0 && settled.size < RANK_NODES_MAX) {
    const [name, { part, from }] = largestOf(open);
    open.delete(name);
    settled.set(name, part);
    const judged = judgedByName.get(name);
    // Of a service without measurements what comes in goes out.
    const caller = judged?.primary === undefined ? from : judged;
    const through =
      judged?.primary === undefined || judged === subject ? 1 : mix(judged.strangeness, 1, CALM_PASSAGE);
    for (const callee of calleesByName.get(name) ?? []) {
      if (settled.has(callee)) continue;
      const below = judgedByName.get(callee);
      const into = below === undefined ? 1 : mix(below.strangeness, partOf(below, caller), 1);
      const passed = part * through * into;
      if (passed > (open.get(callee)?.part ?? 0)) open.set(callee, { part: passed, from: caller });
    }
  }
  return settled;
}

function mix(strangeness: number, whenStrange: number, whenCalm: number): number {
  return strangeness * whenStrange + (1 - strangeness) * whenCalm;
}

function largestOf<Entry extends { readonly part: number }>(
  open: ReadonlyMap<string, Entry>,
): [string, Entry] {
  let largest: [string, Entry] | undefined;
  for (const entry of open) if (largest === undefined || entry[1].part > largest[1].part) largest = entry;
  if (largest === undefined) bug('the largest of no open services was asked for');
  return largest;
}

function weigh(judged: Judged, arrived: number, world: World): Weighed {
  const { subject, stepMs } = world;
  let explained = 0;
  for (const callee of measuredCallees(judged.node.name, world)) {
    if (callee.strangeness > 0) explained += callee.strangeness * partOf(callee, judged);
  }
  explained = Math.min(1, explained);
  const outstanding = rampOf(judged.score, OUTSTANDING_SCORES.from, OUTSTANDING_SCORES.until);
  const own = judged === subject ? outstanding * SUBJECT_WEIGHT : judged.strangeness;
  const kept = own * (1 - explained);
  const onsetMs = judged.primary?.onsetMs;
  const subjectOnsetMs = subject.primary?.onsetMs;
  const isLate = onsetMs !== undefined && subjectOnsetMs !== undefined && onsetMs > subjectOnsetMs + stepMs;
  // The larger one, and a little for the support of the other: kinds are not added up.
  const strength = Math.max(kept, judged.elsewhere) + 0.1 * Math.min(kept, judged.elsewhere);
  const occasion = Math.max(subject.strangeness, outstanding);
  const weight = Math.min(1, arrived * strength * occasion * (isLate ? LATE_WEIGHT : 1));
  return { node: judged.node, score: judged.score, weight, arrived, explained, isLate };
}

function describe(one: Weighed, { subject, violated }: RankInput, total: number): RankedSuspect {
  const { node, weight, arrived, explained, isLate } = one;
  const reasons: string[] = [];
  const doubts: string[] = [];
  const evidenceFor: string[] = [];
  const evidenceAgainst: string[] = [];
  for (const signal of node.signals) {
    if (signal.deviation.isGone) reasons.push(`its ${WORDS[signal.kind]} is no longer measured`);
    else if (strangenessOf(signal) > 0) reasons.push(deviationText(signal));
    else {
      if (signal.kind !== violated) continue;
      doubts.push(`its ${WORDS[violated]} did not change`);
      evidenceAgainst.push(signal.evidence);
      continue;
    }
    evidenceFor.push(signal.evidence);
  }
  const isMeasured = node.signals.some((signal) => signal.kind === violated && strangenessOf(signal) > 0);
  if (node.name !== subject && isMeasured) {
    reasons.push(`accounts for ${percent(arrived)} of what is too much at ${subject}`);
  }
  if (explained > 0) doubts.push(`what it calls explains ${percent(explained)} of it`);
  if (isLate) doubts.push(`began after ${subject}`);
  // How much it weighs, and how clearly before the others.
  const confidence = Math.round(weight * (weight / total) * 100) / 100;
  return { node: node.name, confidence, reasons, doubts, evidenceFor, evidenceAgainst };
}

const WORDS: Readonly<Record<SignalKind, string>> = {
  latency: 'latency',
  errors: 'share of errors',
  rate: 'traffic',
  resource: 'use of resources',
};

function deviationText({ kind, deviation }: NodeSignal): string {
  const where = deviation.direction === 'up' ? 'above' : 'below';
  return `its ${WORDS[kind]} is ${deviation.score.toFixed(1)} interquartile ranges ${where} what it used to be`;
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}
