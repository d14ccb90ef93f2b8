/**
 * `npm run fuzz:promql -- [--queries N] [--seed N]`: random queries over random data, asked of us and of Debian's
 * Prometheus 2.42 over HTTP, both filled by the same remote writes.
 *
 * A query whose answers differ is cut down to the smallest one that still does and printed with its seed, unless an
 * intended difference explains it (`fuzz-promql/differences.ts`). Exits 1 when any is left, or when intended ones are more
 * than 2 % of all.
 */
import { parseArgs } from 'node:util';
import { SeededRandom } from '@vedette/model';
import { findDifference, type Answer } from './fuzz-promql/compare.ts';
import { createScene, type Scene } from './fuzz-promql/data.ts';
import { DIFFERENCES_MAX, INTENDED_DIFFERENCES } from './fuzz-promql/differences.ts';
import { generateQuery } from './fuzz-promql/generate.ts';
import { askBoth, startSides, type Form, type Sides } from './fuzz-promql/sides.ts';
import { printNode, smaller, type Node } from './fuzz-promql/tree.ts';

/** Each scene has data of its own and both servers anew. */
const QUERIES_PER_SCENE = 2500;
const INTENDED_SHARE_MAX = 0.02;
/** Asked at once: both cores have something to do. */
const ASKED_AT_ONCE = 4;
const SHRINK_ASKS_MAX = 300;
const DIFFERENCES_SHOWN_MAX = 20;

interface Tally {
  asked: number;
  nonEmpty: number;
  errors: number;
  readonly intended: Map<string, number>;
  readonly different: string[];
}

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '20261121' },
  },
});
process.exitCode = await main(Number(values.queries), Number(values.seed));

async function main(queryCount: number, seed: number): Promise<number> {
  if (!(queryCount >= 1) || !Number.isSafeInteger(seed)) {
    console.error('usage: npm run fuzz:promql -- [--queries N] [--seed N]');
    return 2;
  }
  if (INTENDED_DIFFERENCES.length > DIFFERENCES_MAX) throw new Error('too many intended differences');
  const tally: Tally = { asked: 0, nonEmpty: 0, errors: 0, intended: new Map(), different: [] };
  for (let scene = 0; tally.asked < queryCount; scene++) {
    await runScene(seed + scene, Math.min(QUERIES_PER_SCENE, queryCount - tally.asked), tally);
    console.log(`scene ${scene}: ${summary(tally)}`);
    if (tally.different.length >= DIFFERENCES_SHOWN_MAX) break;
  }
  for (const [name, count] of tally.intended) console.log(`  intended: ${name}: ${count}`);
  console.log(summary(tally));
  const intended = intendedCount(tally);
  if (intended > INTENDED_SHARE_MAX * tally.asked) {
    console.log(`intended differences are more than ${INTENDED_SHARE_MAX * 100} % of the queries`);
    return 1;
  }
  return tally.different.length === 0 ? 0 : 1;
}

function summary(tally: Tally): string {
  const { asked, nonEmpty, errors, different } = tally;
  const intended = intendedCount(tally);
  return `${asked} queries: ${asked - intended - different.length} equal (${nonEmpty} with a result, ${errors} errors on both), ${intended} differ as intended, ${different.length} differ`;
}

function intendedCount({ intended }: Tally): number {
  return [...intended.values()].reduce((sum, count) => sum + count, 0);
}

async function runScene(seed: number, queryCount: number, tally: Tally): Promise<void> {
  const cleanups: (() => unknown)[] = [];
  const lifetime = { after: (cleanup: () => unknown): void => void cleanups.push(cleanup) };
  try {
    const random = new SeededRandom(seed);
    const scene = createScene(random, Math.floor(Date.now() / 60_000) * 60_000 - 60_000);
    const sides = await startSides(lifetime as Parameters<typeof startSides>[0], scene);
    const workers = Array.from({ length: ASKED_AT_ONCE }, async () => {
      while (queryCount-- > 0 && tally.different.length < DIFFERENCES_SHOWN_MAX)
        await runQuery({ sides, scene, random, seed }, tally);
    });
    await Promise.all(workers);
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

interface World {
  readonly sides: Sides;
  readonly scene: Scene;
  readonly random: SeededRandom;
  readonly seed: number;
}

async function runQuery({ sides, scene, random, seed }: World, tally: Tally): Promise<void> {
  const node = generateQuery(random);
  const formOf = createForm(random, scene);
  const outcome = await check(sides, node, formOf);
  tally.asked++;
  if (outcome.answers.theirs.kind === 'error') tally.errors++;
  else if (outcome.answers.theirs.series.length > 0) tally.nonEmpty++;
  if (outcome.kind === 'equal') return;
  if (outcome.kind === 'intended') {
    tally.intended.set(outcome.name, (tally.intended.get(outcome.name) ?? 0) + 1);
    return;
  }
  const shrunk = await shrink(sides, node, formOf);
  const text = `seed ${seed}: ${JSON.stringify(formOf(shrunk.node))}\n  ${shrunk.difference}`;
  tally.different.push(text);
  console.log(text);
}

/** The times of a query, the same for all that it is cut down to. */
function createForm(random: SeededRandom, scene: Scene): (node: Node) => Form {
  const spanSeconds = (scene.lastMs - scene.firstMs) / 1000;
  const start = scene.firstMs / 1000 + Math.floor(random.float() * spanSeconds * 0.8);
  const step = [7, 15, 60, 61][Math.floor(random.float() * 4)] ?? 15;
  const end = start + Math.floor(random.float() * 900);
  const at = scene.firstMs / 1000 + Math.floor(random.float() * spanSeconds);
  const isRange = random.float() < 0.5;
  return (node) => {
    const query = printNode(node).replaceAll('@ AT', `@ ${at}`);
    return isRange ? { query, start, end, step } : { query, time: start };
  };
}

type Outcome = { readonly answers: { readonly ours: Answer; readonly theirs: Answer } } & (
  | { readonly kind: 'equal' }
  | { readonly kind: 'intended'; readonly name: string }
  | { readonly kind: 'different'; readonly difference: string }
);

async function check(sides: Sides, node: Node, formOf: (node: Node) => Form): Promise<Outcome> {
  const form = formOf(node);
  const answers = await askBoth(sides, form);
  const isOrdered = node.isOrdered === true && 'time' in form;
  const difference = findDifference(answers.ours, answers.theirs, isOrdered);
  if (difference === undefined) return { kind: 'equal', answers };
  const intended = INTENDED_DIFFERENCES.find((one) => one.explains(form, answers));
  if (intended !== undefined) return { kind: 'intended', name: intended.name, answers };
  return { kind: 'different', difference, answers };
}

/** Follows the first smaller query that still differs, until none does. */
async function shrink(
  sides: Sides,
  whole: Node,
  formOf: (node: Node) => Form,
): Promise<{ readonly node: Node; readonly difference: string }> {
  let node = whole;
  let difference = '';
  let asksLeft = SHRINK_ASKS_MAX;
  const first = await check(sides, whole, formOf);
  if (first.kind === 'different') ({ difference } = first);
  for (let isSmaller = true; isSmaller && asksLeft > 0;) {
    isSmaller = false;
    for (const candidate of smaller(node)) {
      if (asksLeft-- <= 0) break;
      if (printNode(candidate).length >= printNode(node).length) continue;
      const outcome = await check(sides, candidate, formOf);
      if (outcome.kind !== 'different') continue;
      node = candidate;
      ({ difference } = outcome);
      isSmaller = true;
      break;
    }
  }
  return { node, difference };
}
