import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SILENT_LOG, type Log } from '../telemetry/log.ts';
import { PipelineWorld } from './pipeline-fixture.ts';
import { setupOf } from './setup-fixture.ts';

const refused = { kind: 'failed', isRetriable: false, category: 'clientError', error: 'no' } as const;
const later = { kind: 'failed', isRetriable: true, category: 'serverError', error: 'later' } as const;

const check = (
  sentence: string,
  run: (world: PipelineWorld, take: () => string[]) => Promise<void>,
): void => {
  test(sentence, async () => {
    const lines: string[] = [];
    const warn: Log['warn'] = (message, fields) =>
      void lines.push(`${message.split(';')[0]} ${JSON.stringify(fields)}`);
    const log: Log = { ...SILENT_LOG, warn, child: () => log };
    const world = new PipelineWorld(
      (self) => setupOf([self.receiver('ops')], { groupBy: new Set(), groupIntervalMs: 60_000 }),
      { log },
    );
    try {
      await world.pipeline.start();
      await run(world, () => lines.splice(0));
    } finally {
      await world.close();
    }
  });
};

const fieldsOf = (attempts: number, error: string): string =>
  JSON.stringify({ receiver: 'ops', integration: 'webhook', index: 0, group: '{}:{}', attempts, error });

check('a refusal stands in the log once, with who refused and why', async (world, take) => {
  world.answer = () => Promise.resolve(refused);
  await world.post('alertname=A');
  await world.advanceSeconds(45);
  assert.deepEqual(take(), [`a notification was not delivered ${fieldsOf(1, 'no')}`]);
});

check(
  'of many attempts the first failure stands in the log, and that none was taken',
  async (world, take) => {
    world.answer = () => Promise.resolve(later);
    await world.post('alertname=A');
    await world.advanceSeconds(89);
    assert.deepEqual(take(), [`an attempt to notify failed ${fieldsOf(1, 'later')}`]);
    await world.advanceSeconds(2);
    const [last] = take();
    assert.match(last ?? '', /^a notification was not delivered .*"attempts":\d+,"error":"later"/);
  },
);

check('what is delivered, or broken off by a stop, is no failure', async (world, take) => {
  await world.post('alertname=A');
  await world.advanceSeconds(45);
  world.answer = () => Promise.resolve(later);
  await world.post('alertname=B');
  await world.advanceSeconds(60);
  assert.match(take().join(), /^an attempt to notify failed/);
  await world.pipeline.stop();
  assert.deepEqual(take(), []);
});
