import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { PipelineWorld } from './alert/pipeline-fixture.ts';
import { setupOf } from './alert/setup-fixture.ts';
import type { AgentHouse } from './compose-agent.ts';
import { withReportMessages } from './compose-report-messages.ts';
import { configSchema } from './config/schema.ts';
import { loadStartSettings } from './config/start-settings.ts';
import { SILENT_LOG, type Log } from './telemetry/log.ts';

test('messages that could not be started begin with a reload', async () => {
  const world = new PipelineWorld((made) => setupOf([made.receiver('ops')]));
  const settings = await loadStartSettings({}, { env: {}, workingDirectory: import.meta.dirname });
  const config = configSchema.parse({ agent: { notify: [{ receiver: 'ops' }] } });
  const heard = Promise.withResolvers<void>();
  let isBroken = true;
  const faults: string[] = [];
  const log: Log = {
    ...SILENT_LOG,
    error: (_, { error } = {}) => {
      faults.push(String(error));
      if (!isBroken) heard.reject(error);
    },
    child: () => log,
  };
  const unused = () => Promise.reject(new Error('nobody asks for this'));
  const agent: AgentHouse = {
    use: () =>
      Promise.resolve({
        analyse: unused,
        find: unused,
        report: unused,
        recent: unused,
        onReport: () => {
          heard.resolve();
          return () => undefined;
        },
      }),
    part: { name: 'monitor agent' },
    apply: () => undefined,
    forget: unused,
  };
  const { documents } = world.state;
  const state = {
    documents: {
      find: documents.find.bind(documents),
      write: documents.write.bind(documents),
      watch: documents.watch.bind(documents),
      list: async (collection: string) => {
        if (isBroken) throw new Error('the disk is away');
        return await documents.list(collection);
      },
    },
  };
  const house = withReportMessages(
    agent,
    {
      clock: world.clock,
      random: new SeededRandom(1),
      log,
      registry: world.metrics,
      state,
      alerts: world.pipeline,
      externalUrl: 'https://vedette.example',
    },
    config.agent,
  );
  await house.part.start?.();
  assert.deepEqual(faults, ['Error: the disk is away']);
  isBroken = false;
  house.apply({ ...settings, config });
  await heard.promise;
  await house.part.stop?.();
  assert.deepEqual(faults, ['Error: the disk is away']);
  await world.close();
});
