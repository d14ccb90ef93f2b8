import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Views } from './views.ts';

const turns = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

test('a batch begins while readers capture, the one after it waits for those from before', async () => {
  const views = new Views();
  const early = views.open();
  assert.equal(await views.beginBatch(), 1);
  views.commitBatch();
  let isBegun = false;
  const second = views.beginBatch().then((seq) => {
    isBegun = true;
    return seq;
  });
  // Readers that come meanwhile are not waited for.
  const late = views.open();
  assert.equal(late.seq, 1);
  await turns();
  assert.equal(isBegun, false);
  early.captured();
  assert.equal(await second, 2);
  views.commitBatch();
  late.close();
  early.close();
});

test('closing a view that captures lets the batch begin', async () => {
  const views = new Views();
  const view = views.open();
  await views.beginBatch();
  views.commitBatch();
  const next = views.beginBatch();
  view.close();
  view.close();
  assert.equal(await next, 2);
  await assert.rejects(views.beginBatch(), /BUG: batches are applied one at a time/);
});

test('drained waits for the views of its moment and no others', async () => {
  const views = new Views();
  const old = views.open();
  let isDrained = false;
  const drained = views.drained().then(() => (isDrained = true));
  views.open();
  await turns();
  assert.equal(isDrained, false);
  old.close();
  await drained;
  assert.equal(views.openCount, 1);
});
