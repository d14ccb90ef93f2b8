import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mentions } from '../lib/mentions.ts';
import { PipelineWorld } from './pipeline-fixture.ts';
import { setupOf } from './setup-fixture.ts';

test('an alert that speaks of somebody is let go of without a word, another one stays', async () => {
  const world = new PipelineWorld((of) => setupOf([of.receiver('ops')]));
  await world.pipeline.start();
  await world.post('alertname=A user=ann-123', 'alertname=B user=bob-123');
  await world.advanceSeconds(60);
  assert.notEqual(world.take().length, 0);
  await world.pipeline.forget((value) => mentions(value, ['ann-123']));
  assert.deepEqual(
    world.pipeline.alerts().map(({ labels }) => labels.includes('bob-123')),
    [true],
  );
  assert.deepEqual(
    (await world.state.documents.list('alerts')).map(({ value }) => mentions(value, ['bob-123'])),
    [true],
  );
  await world.advanceSeconds(3600);
  assert.doesNotMatch(world.take().join(), /A/);
  await world.close();
});
