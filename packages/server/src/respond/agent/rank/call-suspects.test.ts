import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suspect } from '@vedette/api';
import { MemoryMetrics } from '@vedette/model';
import { addServiceGraph, isBad, NEVER, open, shop, WINDOW } from './call-fixture.ts';
import { findCallSuspects, type CallSuspects, type EvidenceBook } from './call-suspects.ts';

type Written = Parameters<EvidenceBook['add']>[0];

async function find(
  storage: MemoryMetrics,
  ...names: string[]
): Promise<CallSuspects & { readonly evidence: ReadonlyMap<string, Written> }> {
  const evidence = new Map<string, Written>();
  const book: EvidenceBook = {
    add: (one) => {
      const id = `e${evidence.size + 1}`;
      evidence.set(id, one);
      return id;
    },
  };
  const found = await findCallSuspects(open(storage), book, { names, window: WINDOW }, NEVER);
  return { ...found, evidence };
}

test('a slow shop: the store behind its cart, with two pieces of evidence and the way to it', async () => {
  const { suspects, gaps, evidence } = await find(shop(), 'production/shop');
  assert.deepEqual(gaps, []);
  const [first] = suspects;
  assert.equal(first?.entity, 'redis');
  assert.equal(first.kind, 'dependency');
  const texts = first.evidenceFor.map((id) => evidence.get(id)?.text);
  assert.ok(
    texts.includes('shop calls cart calls redis (counted by service graph metrics)'),
    texts.join('\n'),
  );
  assert.ok(texts.some((text) => text?.startsWith('redis: 0.25') === true && text.includes('before 0.00')));
  assert.ok(first.evidenceFor.length >= 2);
});

test('each suspect is one of the report, and what it points to is written down with a query that answers', async () => {
  const { suspects, evidence } = await find(shop(), 'shop');
  assert.ok(suspects.length > 0);
  for (const one of suspects) {
    suspect.parse(one);
    for (const id of [...one.evidenceFor, ...one.evidenceAgainst]) {
      const written = evidence.get(id);
      assert.ok(written !== undefined);
      if (written.query === undefined) continue;
      const shown = await open(shop()).instant({ expr: written.query, atMs: WINDOW.untilMs }, NEVER);
      assert.ok(shown.kind === 'series' && shown.series.length === 1, written.query);
    }
  }
});

test('errors of a callee explain errors of its caller', async () => {
  const storage = new MemoryMetrics();
  const failed = (ms: number): number => (isBad(ms) ? 0.3 : 0);
  const seconds = (): number => 0.05;
  addServiceGraph(storage, { labels: { client: 'user', server: 'shop' }, perMinute: 600, seconds, failed });
  addServiceGraph(storage, { labels: { client: 'shop', server: 'pay' }, perMinute: 600, seconds, failed });
  addServiceGraph(storage, { labels: { client: 'shop', server: 'cart' }, perMinute: 600, seconds });
  const { suspects } = await find(storage, 'shop');
  assert.deepEqual(
    suspects.map(({ entity }) => entity),
    ['pay'],
  );
});

test('a callee under a hundred names of hosts rests on some of its signals, not on hundreds', async () => {
  const storage = new MemoryMetrics();
  const seconds = (ms: number): number => (isBad(ms) ? 0.5 : 0.05);
  addServiceGraph(storage, { labels: { client: 'user', server: 'shop' }, perMinute: 60, seconds });
  addServiceGraph(storage, {
    labels: { client: 'cart', server: 'store' },
    perMinute: 1,
    seconds: () => 0.01,
  });
  for (let i = 0; i < 100; i++)
    addServiceGraph(storage, { labels: { client: 'shop', server: `cart.${i}` }, perMinute: 60, seconds });
  const { suspects, evidence } = await find(storage, 'shop');
  assert.ok(suspects.length > 0);
  for (const { evidenceFor, evidenceAgainst } of suspects) {
    assert.ok(evidenceFor.length <= 9, `${evidenceFor.length}`);
    assert.ok(evidenceAgainst.length <= 8);
  }
  assert.ok(evidence.size <= 3 * 17);
});

test('a shop as it always is: nobody, and the gap says why', async () => {
  const storage = new MemoryMetrics();
  addServiceGraph(storage, {
    labels: { client: 'shop', server: 'cart' },
    perMinute: 600,
    seconds: () => 0.05,
  });
  addServiceGraph(storage, {
    labels: { client: 'user', server: 'shop' },
    perMinute: 600,
    seconds: () => 0.2,
  });
  const { suspects, gaps } = await find(storage, 'shop');
  assert.deepEqual(suspects, []);
  assert.match(gaps[0]?.why ?? '', /^nothing stands out enough at shop/);
});

test('no calls are counted, or not of this service: a gap', async () => {
  const nothing = await find(new MemoryMetrics(), 'shop');
  assert.deepEqual(nothing.suspects, []);
  assert.match(nothing.gaps[0]?.why ?? '', /^nothing that is stored counts calls/);
  const stranger = await find(shop(), 'billing', 'node');
  assert.deepEqual(stranger.suspects, []);
  assert.match(stranger.gaps[0]?.why ?? '', /have no service of the alert's name$/);
});
