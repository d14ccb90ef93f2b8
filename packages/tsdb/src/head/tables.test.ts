import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { labelsOf, SeededRandom, seriesKeyOf, type Labels } from '@vedette/model';
import fc from 'fast-check';
import { EMPTY, HashIndex } from './hash-index.ts';
import { hashBytes } from './key-hash.ts';
import { SeriesTable } from './series-table.ts';
import { SlabArena } from './slab-arena.ts';
import { eagerSlicer } from '../testing.ts';

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

describe('SlabArena', () => {
  test('records keep what was written until they are released, and their space is used again', () => {
    const arena = new SlabArena();
    const random = new SeededRandom(1);
    const live = new Map<number, { length: number; fill: number }>();
    for (let step = 0; step < 20_000; step++) {
      if (random.float() < 0.55 || live.size === 0) {
        const length = 1 + Math.floor(random.float() ** 4 * 5000);
        const address = arena.allocate(length);
        assert.ok(address > 0 && !live.has(address));
        const fill = step & 255;
        const at = arena.offsetOf(address);
        arena.bytesAt(address).fill(fill, at, at + length);
        live.set(address, { length, fill });
      } else {
        const [address, { length, fill }] = [...live][Math.floor(random.float() * Math.min(50, live.size))]!;
        const at = arena.offsetOf(address);
        assert.ok(
          arena
            .bytesAt(address)
            .subarray(at, at + length)
            .every((byte) => byte === fill),
        );
        arena.release(address, length);
        live.delete(address);
      }
    }
    const reserved = arena.reservedBytes;
    for (const [address, { length }] of live) arena.release(address, length);
    assert.equal(arena.usedBytes, 0);
    for (const { length } of live.values()) arena.allocate(length);
    assert.equal(arena.reservedBytes, reserved);
  });

  test('a record has one byte to 64 KiB', () => {
    const arena = new SlabArena();
    assert.throws(() => arena.allocate(0), /BUG: a record has 1 to 65536 bytes; got 0/);
    assert.throws(() => arena.allocate(65_537), /BUG/);
    for (let i = 0; i < 40; i++) arena.allocate(65_536);
    assert.equal(arena.usedBytes, 40 * 65_536);
  });
});

test('an index of ids finds what was added and not removed, across rebuilds', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(200), fc.boolean()), { maxLength: 400 }), (steps) => {
      const index = new HashIndex((id) => id % 7);
      const want = new Set<number>();
      for (const [id, isAdded] of steps) {
        if (isAdded && !want.has(id)) index.add(id);
        if (!isAdded) index.remove(id);
        if (isAdded) want.add(id);
        else want.delete(id);
      }
      for (let id = 0; id <= 200; id++) {
        let isFound = false;
        for (let slot = index.first(id % 7); index.at(slot) !== EMPTY; slot = index.next(slot))
          isFound ||= index.at(slot) === id;
        assert.equal(isFound, want.has(id));
      }
    }),
  );
  const index = new HashIndex((id) => Math.imul(id, 2654435761) >>> 0);
  for (let id = 0; id < 100_000; id++) {
    index.add(id);
    if (id >= 100) index.remove(id - 100);
  }
  assert.ok(index.sizeBytes <= 16_384, 'marks of removed ids do not make it grow');
});

test('the hash looks at every byte and at the length', () => {
  const hash = (...bytes: number[]): number => hashBytes(viewOf(Uint8Array.from(bytes)), 0, bytes.length);
  const bytes = Array.from({ length: 11 }, (_, i) => i);
  const seen = new Set([hash(...bytes), hash(...bytes, 0), hash(...bytes.slice(1))]);
  for (let i = 0; i < bytes.length; i++) seen.add(hash(...bytes.with(i, 99)));
  assert.equal(seen.size, 3 + bytes.length);
});

describe('SeriesTable', () => {
  const find = (table: SeriesTable, labels: Labels): number => {
    const key = seriesKeyOf(labels);
    return table.find(viewOf(key), 0, key.length);
  };
  const labelsAt = (i: number): Labels =>
    labelsOf({ __name__: `m${i % 5}`, id: String(i), job: 'api', ...(i % 3 === 0 ? { zone: 'é' } : {}) });

  test('series are found by their key, and postings name them, through removal and reuse', async () => {
    const table = new SeriesTable();
    const want = new Map<number, Labels>();
    const random = new SeededRandom(2);
    let next = 0;
    for (let round = 0; round < 30; round++) {
      for (let n = 0; n < 40; n++) {
        const labels = labelsAt(next++);
        assert.equal(find(table, labels), -1);
        want.set(table.create(seriesKeyOf(labels)), labels);
      }
      const removed = [...want.keys()].filter(() => random.float() < 0.5).sort((a, b) => a - b);
      const gone = removed.map((id) => want.get(id)!);
      await table.remove(Uint32Array.from(removed), eagerSlicer);
      for (const id of removed) want.delete(id);
      for (const labels of gone) assert.equal(find(table, labels), -1);
    }
    assert.equal(table.count, want.size);
    assert.ok(table.idCount < 300, 'ids are used again');
    assert.deepEqual(
      [...table.ids()],
      [...want.keys()].sort((a, b) => a - b),
    );
    for (const [id, labels] of want) {
      assert.equal(find(table, labels), id);
      assert.deepEqual(table.labelsOf(id), labels);
    }
    for (const [name, value] of [
      ['__name__', 'm3'],
      ['job', 'api'],
      ['zone', 'é'],
    ] as const) {
      const pair = table.pairs.find(name, value)!;
      const having = [...want].filter(
        ([, labels]) => labels[labels.indexOf(name) + 1] === value && labels.includes(name),
      );
      assert.deepEqual(
        [...table.pairs.postingsOf(pair)],
        having.map(([id]) => id).sort((a, b) => a - b),
      );
    }
  });

  test('series are found in whatever order they are looked for, known ids of other series or none', async () => {
    const table = new SeriesTable();
    const random = new SeededRandom(3);
    // Equal lengths, so that a wrong guess has to be told by its bytes.
    const all = Array.from({ length: 20 }, (_, i) => labelsOf({ __name__: 'm', id: String(i + 10) }));
    let ids = all.map((labels) => table.create(seriesKeyOf(labels)));
    for (let round = 0; round < 20; round++) {
      const order = all.map((_, i) => i).filter(() => random.float() < 0.9);
      if (round % 3 === 0) order.sort(() => random.float() - 0.5);
      for (const i of order) assert.equal(find(table, all[i]!), ids[i]);
      if (round % 5 !== 4) continue;
      await table.remove(Uint32Array.from(ids).sort(), eagerSlicer);
      for (const labels of all) assert.equal(find(table, labels), -1);
      ids = all.map((labels) => table.create(seriesKeyOf(labels)));
    }
  });

  test('a list that was handed out stays as it is while others join and leave', async () => {
    const table = new SeriesTable();
    const create = (i: number): number => table.create(seriesKeyOf(labelsAt(3 * i)));
    for (let i = 0; i < 10; i++) create(i);
    await table.remove(Uint32Array.of(2, 3, 4), eagerSlicer);
    const pair = table.pairs.find('job', 'api')!;
    const ids = (): number[] => [...table.pairs.postingsOf(pair)];
    const held = table.pairs.postingsOf(pair);
    const before = ids();
    assert.deepEqual(before, [0, 1, 5, 6, 7, 8, 9]);
    assert.equal(create(10), 4);
    assert.equal(create(11), 3);
    assert.deepEqual([...held], before);
    const later = table.pairs.postingsOf(pair);
    assert.equal(create(12), 2);
    assert.equal(create(13), 10);
    assert.deepEqual(ids(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.deepEqual([...later], [0, 1, 3, 4, 5, 6, 7, 8, 9]);
    await table.remove(Uint32Array.of(0), eagerSlicer);
    assert.deepEqual([...held], before);
  });

  test('a pair goes with its last series, and its name with the last pair', async () => {
    const table = new SeriesTable();
    const id = table.create(seriesKeyOf(labelsOf({ a: '1', b: '2' })));
    table.create(seriesKeyOf(labelsOf({ a: '1' })));
    await table.remove(Uint32Array.of(id), eagerSlicer);
    assert.deepEqual(table.pairs.names(), ['a']);
    assert.equal(table.pairs.find('b', '2'), undefined);
    assert.equal(table.pairs.pairCount, 1);
  });

  test('a key that is not the one key of its labels is a bug', () => {
    const table = new SeriesTable();
    const key = seriesKeyOf(labelsOf({ a: '1' }));
    assert.throws(() => table.create(new Uint8Array(0)), /BUG: a series has at least one label/);
    assert.throws(
      () => table.create(Uint8Array.of(0x81, 0, ...key.subarray(1))),
      /BUG: a series key must be/,
    );
    assert.throws(() => table.create(Uint8Array.of(1, 0xff, 1, 0x31)), /BUG: a series key must be/);
    assert.throws(() => table.create(Uint8Array.of(...key, ...key)), /BUG: labels must be sorted/);
    assert.throws(() => table.create(key.subarray(0, -1)), /BUG: series key ends inside a label/);
    assert.throws(() => table.create(Uint8Array.of(1, 0x61, 0)), /BUG: label "a" must not be empty/);
    assert.equal(table.count, 0);
    // The same with labels that are known.
    for (const name of ['a', 'b']) table.create(seriesKeyOf(labelsOf({ [name]: '1' })));
    const later = seriesKeyOf(labelsOf({ b: '1' }));
    assert.throws(() => table.create(Uint8Array.of(...later, ...key)), /BUG: labels must be sorted/);
    assert.throws(() => table.create(Uint8Array.of(...key, ...key)), /BUG: labels must be sorted/);
    assert.throws(() => table.create(Uint8Array.of(...key, 0x81, 0)), /BUG: series key ends inside a label/);
    assert.equal(table.count, 2);
    assert.equal(table.pairs.pairCount, 2);
  });
});
