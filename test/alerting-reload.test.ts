/** What a reload and a restart do to alerts that are pending, firing or held. */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { suite, test } from 'node:test';
import {
  alertsOf,
  createScene,
  LEVEL,
  reload,
  routeOf,
  rulesOf,
  startHook,
  untilEvaluated,
  untilFiring,
  untilRecorded,
} from './support/alerting-scene.ts';
import { until } from './support/until.ts';
import { runVedette, type VedetteProcess } from './support/vedette-process.ts';

const BROKEN = `groups:
  - name: g
    rules:
      - alert: Kept
        expr: vector(1) +
  - name: g
    rulez: []
`;

suite('reload and restart', { concurrency: 4 }, () => {
  test('a changed rule file keeps what is the same, resolves what is gone and starts what is new', async (t) => {
    const hook = await startHook(t);
    const rules = (...more: string[]): string => rulesOf('alert: Kept, expr: vector(1), for: 1s', ...more);
    const scene = await createScene(t, {
      rules: rules('alert: Gone, expr: vector(1)', 'alert: Moved, expr: vector(1), labels: { team: a }'),
      more: routeOf([hook]).replace('[alertname]', '[alertname, team]'),
    });
    const vedette = await scene.start();
    const { activeAt } = await untilFiring(vedette, 'Kept');
    await until('three messages', () => (hook.messages.length >= 3 ? true : undefined));
    scene.write('rules.yml', rules('alert: Moved, expr: vector(2), labels: { team: b }'));
    await reload(vedette);
    await until('both ends and the new one', () => (hook.messages.length >= 6 ? true : undefined));
    const teams = hook.messages
      .slice(3)
      .map(
        ({ status, alerts }) => `${status} ${alerts[0]?.labels['alertname']} ${alerts[0]?.labels['team']}`,
      );
    assert.deepEqual(teams.toSorted(), ['firing Moved b', 'resolved Gone undefined', 'resolved Moved a']);
    assert.equal((await untilFiring(vedette, 'Kept')).activeAt, activeAt);
  });

  test('a broken rule file keeps the old rules in force, and is refused at a start', async (t) => {
    const hook = await startHook(t);
    const scene = await createScene(t, {
      rules: rulesOf('alert: Kept, expr: vector(1)'),
      more: routeOf([hook]),
    });
    const vedette = await scene.start();
    await until('the message', () => (hook.messages.length > 0 ? true : undefined));
    const file = path.join(scene.directory, 'rules.yml');
    const faults = [`${file}:5:15: `, `${file}:6:11: `, `${file}:7:5: `];
    scene.write('rules.yml', BROKEN);
    await reload(vedette, /cannot reload the configuration/);
    for (const fault of faults) assert.ok(vedette.stderr().includes(fault), fault);
    await untilEvaluated(vedette, 4);
    assert.equal((await alertsOf(vedette)).length, 1);
    assert.deepEqual(hook.texts(), ['firing Kept']);
    await untilRecorded(vedette, 1);
    vedette.kill('SIGKILL');
    await vedette.exited();
    const config = path.join(scene.directory, 'vedette.yml');
    const args = ['start', '--config', config, '--data', scene.dataDirectory, '--listen', '127.0.0.1:0'];
    const refused = await runVedette(t, args);
    assert.equal(refused.code, 2, refused.stderr);
    assert.equal(refused.stdout, '');
    for (const fault of faults) assert.ok(refused.stderr.includes(fault), refused.stderr);
    // What was firing is still known: the mended file goes on where the broken one stopped it.
    scene.write('rules.yml', rulesOf('alert: Kept, expr: vector(1)'));
    await untilFiring(await scene.start(), 'Kept');
    assert.deepEqual(hook.texts(), ['firing Kept']);
  });

  test('other external labels end the old alert once and fire the new one, at a reload and at a restart', async (t) => {
    const hook = await startHook(t);
    const scene = await createScene(t, {
      rules: rulesOf('alert: Always, expr: vector(1), for: 1s'),
      more: routeOf([hook], '').replace('group_by: [alertname]', 'group_by: ["..."]'),
      global: ', external_labels: { site: "${SITE}" }',
    });
    const sites = (): string[] =>
      hook.messages.map(({ status, alerts }) => `${status} ${alerts[0]?.labels['site']}`).toSorted();
    const first = await scene.start({ SITE: 'a' });
    await until('the message', () => (hook.messages.length > 0 ? true : undefined));
    const { activeAt } = await untilFiring(first, 'Always');
    await untilRecorded(first, 1);
    first.kill('SIGKILL');
    await first.exited();
    const second = await scene.start({ SITE: 'b' });
    await until('end and beginning', () => (hook.messages.length >= 3 ? true : undefined));
    assert.deepEqual(sites(), ['firing a', 'firing b', 'resolved a']);
    assert.equal((await untilFiring(second, 'Always')).activeAt, activeAt);
    scene.global = ', external_labels: { site: c }';
    scene.write('vedette.yml', routeOf([hook], '').replace('group_by: [alertname]', 'group_by: ["..."]'));
    await reload(second);
    await until('end and beginning', () => (hook.messages.length >= 5 ? true : undefined));
    await untilEvaluated(second, 4);
    assert.deepEqual(sites(), ['firing a', 'firing b', 'firing c', 'resolved a', 'resolved b']);
    assert.equal((await untilFiring(second, 'Always')).activeAt, activeAt);
  });

  test('keep_firing_for is counted on over a kill -9', async (t) => {
    const hook = await startHook(t);
    const scene = await createScene(t, {
      rules: rulesOf(`alert: Held, expr: "${LEVEL} > 10", keep_firing_for: 6s`),
      more: routeOf([hook]),
    });
    const first = await scene.start();
    scene.level = 11;
    await untilFiring(first, 'Held');
    await untilRecorded(first, 1);
    scene.level = 0;
    const since = await until('held', () => heldSince(first));
    first.kill('SIGKILL');
    await first.exited();
    const second = await scene.start();
    // Where the start took longer than the time that was left, nothing is held any more.
    const kept = await until('held or resolved', async () =>
      hook.messages.length > 1 ? 'resolved' : await heldSince(second),
    );
    if (kept !== 'resolved') assert.equal(kept, since);
    await until('the resolution', () => (hook.messages.length > 1 ? true : undefined));
    assert.ok(Date.now() - Date.parse(since) >= 6000);
    assert.deepEqual(hook.texts(), ['firing Held', 'resolved Held']);
  });
});

async function heldSince(vedette: VedetteProcess): Promise<string | undefined> {
  const { data } = await vedette.json<{
    data: { groups: { rules: { alerts: { keepFiringSince?: string }[] }[] }[] };
  }>('/api/v1/rules');
  return data.groups[0]?.rules[0]?.alerts[0]?.keepFiringSince;
}
