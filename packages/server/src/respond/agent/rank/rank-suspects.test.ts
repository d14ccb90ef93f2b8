import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Deviation } from './deviation.ts';
import {
  rankSuspects,
  weighSuspects,
  type CallEdge,
  type NodeSignal,
  type RankInput,
  type RankNode,
  type SignalKind,
} from './rank-suspects.ts';

const STEP = 60_000;
const NAN = Number.NaN;

const CALM: Deviation = {
  score: 0.4,
  direction: 'up',
  before: 1,
  now: 1,
  excess: 0,
  isGone: false,
  firstIndex: -1,
};

interface Measured {
  readonly score?: number;
  readonly excess?: number;
  readonly direction?: 'up' | 'down';
  readonly onsetMs?: number;
}

function signal(
  node: string,
  kind: SignalKind,
  { score = 0.4, excess = 0, direction = 'up', onsetMs }: Measured,
): NodeSignal {
  return { kind, deviation: { ...CALM, score, excess, direction }, onsetMs, evidence: `${node} ${kind}` };
}

/** A service with so many requests per second, and what is measured of it. */
function node(name: string, perSecond: number, kinds: Partial<Record<SignalKind, Measured>>): RankNode {
  const rate: NodeSignal = { kind: 'rate', deviation: { ...CALM, now: perSecond }, evidence: `${name} rate` };
  const signals: NodeSignal[] = [];
  for (const kind of ['latency', 'errors', 'resource'] as const) {
    const measured = kinds[kind];
    if (measured !== undefined) signals.push(signal(name, kind, measured));
  }
  return {
    name,
    signals: kinds.rate === undefined ? [...signals, rate] : [...signals, signal(name, 'rate', kinds.rate)],
  };
}

const calls = (...pairs: string[]): CallEdge[] =>
  pairs.map((pair) => {
    const [caller = '', callee = ''] = pair.split(' ');
    return { caller, callee };
  });

function inputOf(
  nodes: readonly RankNode[],
  edges: readonly CallEdge[],
  violated: SignalKind = 'latency',
): RankInput {
  return { subject: 'shop', violated, nodes, edges, stepMs: STEP };
}

const order = (input: RankInput): readonly string[] => rankSuspects(input).suspects.map((one) => one.node);

const SLOW = { score: 20, excess: 0.5 };
const CALM_LATENCY = { latency: { score: 0.5 } };

test('the last strange service of a chain comes first, and says how much it accounts for', () => {
  const nodes = [
    node('shop', 10, { latency: SLOW }),
    node('cart', 10, { latency: SLOW }),
    node('redis', 20, { latency: { score: 9, excess: 0.24 } }),
    node('mail', 10, CALM_LATENCY),
  ];
  const { suspects, abstention } = rankSuspects(
    inputOf(nodes, calls('shop cart', 'cart redis', 'shop mail')),
  );
  assert.equal(abstention, undefined);
  assert.equal(suspects[0]?.node, 'redis');
  assert.deepEqual(suspects[0]?.reasons, [
    'its latency is 9.0 interquartile ranges above what it used to be',
    'accounts for 96 % of what is too much at shop',
  ]);
  assert.deepEqual(suspects[0]?.evidenceFor, ['redis latency']);
  assert.ok((suspects[0]?.confidence ?? 0) > 0.7);
});

test('a quiet callee that is strange by its own measure, but by little, is no suspect', () => {
  const nodes = [
    node('shop', 10, { latency: SLOW }),
    node('cart', 10, { latency: SLOW }),
    node('config', 1, { latency: { score: 500, excess: 0.004 } }),
  ];
  assert.deepEqual(order(inputOf(nodes, calls('shop cart', 'shop config'))), ['cart']);
});

test('calls count: a callee that is called often explains more than its latency alone says', () => {
  const nodes = [
    node('shop', 10, { latency: SLOW }),
    node('db', 500, { latency: { score: 5, excess: 0.01 } }),
  ];
  assert.equal(order(inputOf(nodes, calls('shop db')))[0], 'db');
});

test('two callees that explain half each are both suspected, and the caller is not', () => {
  const half = { latency: { score: 20, excess: 0.25 } };
  const nodes = [node('shop', 10, { latency: SLOW }), node('cart', 10, half), node('ads', 10, half)];
  assert.deepEqual(order(inputOf(nodes, calls('shop cart', 'shop ads'))), ['ads', 'cart']);
});

test('nothing below explains it: the subject itself, with half the weight', () => {
  const nodes = [node('shop', 10, { latency: SLOW }), node('cart', 10, CALM_LATENCY)];
  const { suspects } = rankSuspects(inputOf(nodes, calls('shop cart')));
  assert.deepEqual(
    suspects.map((one) => [one.node, one.confidence]),
    [['shop', 0.5]],
  );
});

test('it abstains when nothing is out of the ordinary, and says why', () => {
  const nodes = [node('shop', 10, CALM_LATENCY), node('cart', 10, CALM_LATENCY)];
  assert.deepEqual(rankSuspects(inputOf(nodes, calls('shop cart'))), {
    suspects: [],
    abstention: 'nothing stands out enough at shop and the services that it depends on',
  });
});

test('it abstains when the violated kind is not measured at the subject', () => {
  const check = (nodes: readonly RankNode[]): void => {
    const { suspects, abstention } = rankSuspects(inputOf(nodes, calls('shop cart'), 'errors'));
    assert.deepEqual(suspects, []);
    assert.equal(abstention, 'nothing measures the share of errors of shop');
  };
  check([]);
  check([node('cart', 10, { errors: SLOW })]);
  check([node('shop', 10, { latency: SLOW })]);
});

test('a callee that is strange beyond doubt stands although the subject hides it in its own noise', () => {
  const nodes = [
    node('shop', 10, { latency: { score: 0.9, excess: 0.02 } }),
    node('search', 10, { latency: { score: 15, excess: 0.03 } }),
  ];
  assert.deepEqual(order(inputOf(nodes, calls('shop search'))), ['search']);
});

test('what got faster is no suspect', () => {
  const faster = { latency: { score: 30, excess: -0.5, direction: 'down' } } as const;
  const nodes = [node('shop', 10, { latency: SLOW }), node('cart', 10, faster)];
  assert.deepEqual(order(inputOf(nodes, calls('shop cart'))), ['shop']);
});

test('a callee that fails while the subject is slow counts in part, traffic alone does not', () => {
  const failing = { ...CALM_LATENCY, errors: { score: 20, excess: 0.3 } };
  const nodes = [node('shop', 10, { latency: { score: 4, excess: 0.5 } }), node('pay', 10, failing)];
  assert.deepEqual(order(inputOf(nodes, calls('shop pay'))), ['pay']);
  const busy = [nodes[0] ?? node('shop', 1, {}), node('pay', 10, { ...CALM_LATENCY, rate: { score: 50 } })];
  assert.deepEqual(order(inputOf(busy, calls('shop pay'))), []);
});

test('a callee that stopped measuring is strange', () => {
  const gone: NodeSignal = {
    kind: 'rate',
    deviation: { ...CALM, now: NAN, isGone: true },
    evidence: 'pay rate',
  };
  const lost: NodeSignal = {
    kind: 'latency',
    deviation: { ...CALM, now: NAN, isGone: true },
    evidence: 'pay latency',
  };
  const nodes = [
    node('shop', 10, { errors: { score: 4, excess: 0.5 } }),
    { name: 'pay', signals: [gone, lost] },
  ];
  const { suspects } = rankSuspects(inputOf(nodes, calls('shop pay'), 'errors'));
  assert.equal(suspects[0]?.node, 'pay');
  assert.deepEqual(suspects[0]?.reasons, [
    'its traffic is no longer measured',
    'its latency is no longer measured',
  ]);
});

test('of a service without measurements what comes in goes out', () => {
  const nodes = [node('shop', 10, { latency: SLOW }), node('db', 10, { latency: SLOW })];
  assert.deepEqual(order(inputOf(nodes, calls('shop gateway', 'gateway db'))), ['db']);
});

test('who began after the subject loses, and it is said', () => {
  const at = (onsetMs: number): Partial<Record<SignalKind, Measured>> => ({ latency: { ...SLOW, onsetMs } });
  const nodes = [node('shop', 10, at(0)), node('late', 10, at(5 * STEP)), node('soon', 10, at(STEP))];
  const { suspects } = rankSuspects(inputOf(nodes, calls('shop late', 'shop soon')));
  assert.deepEqual(
    suspects.map((one) => one.node),
    ['soon', 'late'],
  );
  assert.deepEqual(suspects[1]?.doubts, ['began after shop']);
});

test('who cannot be reached from the subject is no suspect; cycles and calls to oneself do no harm', () => {
  const nodes = [
    node('shop', 10, { latency: SLOW }),
    node('cart', 10, { latency: SLOW }),
    node('job', 10, { latency: SLOW }),
  ];
  const edges = calls('shop cart', 'cart shop', 'cart cart', 'shop shop', 'job shop', 'shop cart');
  assert.ok(!order(inputOf(nodes, edges)).includes('job'));
  assert.ok(order(inputOf(nodes, edges)).includes('cart'));
});

test('at most three are named', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const nodes = [
    node('shop', 10, { latency: SLOW }),
    ...names.map((name) => node(name, 10, { latency: SLOW })),
  ];
  assert.deepEqual(order(inputOf(nodes, calls(...names.map((name) => `shop ${name}`)))), ['a', 'b', 'c']);
});

test('a graph of 5,000 services is cut, not choked on', () => {
  const names = Array.from({ length: 5000 }, (_, i) => `s${i}`);
  const nodes = [
    node('shop', 10, { latency: SLOW }),
    ...names.map((name) => node(name, 10, { latency: SLOW })),
  ];
  const edges = names.map((name, i) => ({ caller: i === 0 ? 'shop' : `s${i - 1}`, callee: name }));
  assert.ok(weighSuspects(inputOf(nodes, edges)).length <= 2048);
});

const measured = fc.record({
  latency: fc.record({
    score: fc.double({ min: 0, max: 100, noNaN: true }),
    excess: fc.double({ min: -1, max: 1, noNaN: true }),
  }),
  errors: fc.record({
    score: fc.double({ min: 0, max: 100, noNaN: true }),
    excess: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
});
const world = fc.record({
  rates: fc.array(fc.tuple(fc.double({ min: 0, max: 1000, noNaN: true }), measured), {
    minLength: 2,
    maxLength: 12,
  }),
  pairs: fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 40 }),
  violated: fc.constantFrom('latency', 'errors'),
});

test('property: names mean nothing', () => {
  fc.assert(
    fc.property(world, ({ rates, pairs, violated }) => {
      const weights = (nameOf: (index: number) => string): readonly number[] => {
        const nodes = rates.map(([rate, kinds], i) => node(nameOf(i), rate, kinds));
        const edges = pairs.map(([a, b]) => ({ caller: nameOf(a), callee: nameOf(b) }));
        const input = { subject: nameOf(0), violated, nodes, edges, stepMs: STEP };
        const byName = new Map(weighSuspects(input).map((one) => [one.node.name, one.weight]));
        return rates.map((_, i) => byName.get(nameOf(i)) ?? -1);
      };
      const plain = weights((i) => `service-${i}`);
      const renamed = weights((i) => `${'zyxwvutsrqpo'[i] ?? ''}-db-frontend`);
      plain.forEach((weight, i) => assert.ok(Math.abs(weight - (renamed[i] ?? -2)) < 1e-9));
    }),
  );
});

test('property: confidences are between 0 and 1 and in order, and evidence is of the suspect', () => {
  fc.assert(
    fc.property(world, ({ rates, pairs, violated }) => {
      const nodes = rates.map(([rate, kinds], i) => node(i === 0 ? 'shop' : `s${i}`, rate, kinds));
      const edges = pairs.map(([a, b]) => ({ caller: a === 0 ? 'shop' : `s${a}`, callee: `s${b}` }));
      const { suspects, abstention } = rankSuspects(inputOf(nodes, edges, violated));
      assert.equal(suspects.length === 0, abstention !== undefined);
      let last = 1;
      for (const one of suspects) {
        assert.ok(one.confidence > 0 && one.confidence <= last);
        last = one.confidence;
        assert.ok([...one.evidenceFor, ...one.evidenceAgainst].every((id) => id.startsWith(`${one.node} `)));
      }
    }),
  );
});
