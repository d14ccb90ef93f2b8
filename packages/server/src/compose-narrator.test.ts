import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryFiles, SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { createNarrator } from './compose-narrator.ts';
import { configSchema } from './config/schema.ts';
import { reportFixture } from './respond/agent/report-fixture.ts';
import { claimsText, startScriptedModel } from './respond/agent/narrator/scripted-model-fixture.ts';
import { SILENT_LOG } from './telemetry/log.ts';

const NEVER = new AbortController().signal;

test('the model of the configuration as it stands is asked; no secret of that configuration leaves', async (t) => {
  const model = await startScriptedModel(t, {
    script: [{ kind: 'text', text: claimsText(['It is P1.', 'report']) }],
  });
  const entries: object[] = [];
  const remote_write = [
    { url: 'https://far.example/write', basic_auth: { username: 'u', password: 'canary-of-remote-write' } },
  ];
  let config = configSchema.parse({ remote_write });
  const narrator = createNarrator({
    clock: new VirtualClock({ startMs: 0 }),
    random: new SeededRandom(1),
    files: new MemoryFiles(new SeededRandom(2)),
    log: SILENT_LOG,
    registry: createMetricsRegistry(),
    settings: () => ({ config, configFile: undefined }),
    serving: () => ({
      readOnlyTools: () => Promise.resolve([]),
      record: (entry) => {
        entries.push(entry);
        return Promise.resolve();
      },
    }),
  });
  const report = reportFixture({ headline: 'P1: wrote with canary-of-remote-write' });
  const narrate = async () => (await narrator.narrate(report, NEVER))?.text;

  assert.equal(await narrate(), undefined, 'no model is configured');
  config = configSchema.parse({
    remote_write,
    agent: { model: { provider: 'ollama', name: 'scripted', url: model.url, mask: false } },
  });
  assert.equal(await narrate(), 'It is P1.');
  config = configSchema.parse({ remote_write });
  assert.equal(await narrate(), undefined, 'switched off by a reload');

  assert.equal(model.requests.length, 1);
  assert.doesNotMatch(model.requests[0]?.body ?? '', /canary/);
  assert.match(model.requests[0]?.body ?? '', /P1: wrote with \[removed\]/);
  assert.deepEqual(
    entries.map((entry) => ('actor' in entry && 'action' in entry ? [entry.actor, entry.action] : [])),
    [['agent', 'agent.model']],
  );
});
