/** How notifications get through: receivers that fail, hang or refuse; groups that wait, repeat and flap. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  alertsOf,
  createScene,
  LEVEL,
  metricOf,
  reload,
  routeOf,
  rulesOf,
  startHook,
  untilEvaluated,
  untilFiring,
} from './support/alerting-scene.ts';
import { until } from './support/until.ts';

const ALWAYS = rulesOf('alert: Always, expr: vector(1)');
const HIGH = rulesOf(`alert: High, expr: "${LEVEL} > 10"`);

suite('delivery', { concurrency: 4 }, () => {
  test('a webhook that answers 500 twice is told the same notification until it takes it, once', async (t) => {
    const hook = await startHook(t);
    hook.answer = (response, count) => void response.writeHead(count < 3 ? 500 : 200).end('no');
    const vedette = await (await createScene(t, { rules: ALWAYS, more: routeOf([hook]) })).start();
    await until('the third attempt', () => (hook.messages.length >= 3 ? true : undefined));
    await untilEvaluated(vedette, 6);
    assert.equal(hook.messages.length, 3);
    assert.equal(new Set(hook.messages.map(({ key }) => key)).size, 1);
    assert.equal(await metricOf(vedette, 'vedette_notifications_total{integration="webhook"}'), 1);
  });

  test('Retry-After is waited for; a refusal for good is not repeated in the same flush', async (t) => {
    const [limited, refusing] = [await startHook(t), await startHook(t)];
    limited.answer = (response, count) =>
      void response.writeHead(count === 1 ? 429 : 200, { 'Retry-After': '2' }).end();
    refusing.answer = (response) => void response.writeHead(400).end('bad payload');
    const route = routeOf([limited, refusing], ', group_interval: 1m').replace('group_interval: 500ms, ', '');
    const vedette = await (await createScene(t, { rules: ALWAYS, more: route })).start();
    await until('the second attempt', () => (limited.messages.length >= 2 ? true : undefined));
    const [first, second] = limited.messages;
    assert.ok(second!.atMs - first!.atMs >= 1990, `${second!.atMs - first!.atMs} ms`);
    const failed = 'vedette_notifications_failed_total{integration="webhook",reason="clientError"}';
    await until('the refusal', async () => ((await metricOf(vedette, failed)) > 0 ? true : undefined));
    assert.equal(await metricOf(vedette, failed), 1);
    assert.equal(refusing.messages.length, 1);
  });

  test('of three receivers one hangs and one refuses connections; the third is told in time', async (t) => {
    const [hanging, prompt] = [await startHook(t), await startHook(t)];
    hanging.answer = () => undefined;
    const closed = { url: 'http://127.0.0.1:9/hook' };
    const scene = await createScene(t, { rules: HIGH, more: routeOf([hanging, closed, prompt]) });
    const vedette = await scene.start();
    scene.level = 11;
    await until('the message', () => (prompt.messages.length > 0 ? true : undefined));
    scene.level = 0;
    await until('the resolution', () => (prompt.messages.length > 1 ? true : undefined));
    assert.deepEqual(prompt.texts(), ['firing High', 'resolved High']);
    // A delivery ends at its deadline of 10 s and is tried again; a busy machine may come that far.
    const deadlines = (performance.now() - (hanging.messages[0]?.atMs ?? 0)) / 10_000;
    assert.ok(hanging.messages.length <= 1 + deadlines, 'one connection, not one per flush');
    vedette.kill('SIGTERM');
    assert.deepEqual(await vedette.exited(), { code: 0, signal: null }, 'a hanging receiver delays no stop');
  });

  test('an unchanged group is repeated at its interval, an always firing one does not spam', async (t) => {
    const hook = await startHook(t);
    const route = routeOf([hook]).replace('repeat_interval: 1h', 'repeat_interval: 2s');
    const scene = await createScene(t, { rules: ALWAYS, more: route });
    const begunMs = performance.now();
    const vedette = await scene.start();
    await until('three messages', () => (hook.messages.length >= 3 ? true : undefined));
    // Repeats count from tick to tick, and a message may be late by itself: two of them can be closer.
    // That none comes later than its tick is shown in virtual time, in pipeline.test.ts.
    const timesMs = hook.messages.map(({ atMs }) => atMs - begunMs);
    assert.ok(
      timesMs.every((timeMs, i) => timeMs >= i * 2000),
      String(timesMs),
    );
    await reload(vedette);
    await untilFiring(vedette, 'Always');
    assert.ok(hook.texts().every((text) => text === 'firing Always'));
  });

  test('what resolves within group_wait, and what flaps within group_interval, is not announced', async (t) => {
    const hook = await startHook(t);
    const route = routeOf([hook])
      .replace('group_wait: 100ms', 'group_wait: 6s')
      .replace('group_interval: 500ms', 'group_interval: 8s');
    const scene = await createScene(t, { rules: HIGH, more: route });
    const vedette = await scene.start();
    const flap = async (): Promise<void> => {
      scene.level = 11;
      await untilFiring(vedette, 'High');
      scene.level = 0;
      await until('none', async () => ((await alertsOf(vedette)).length === 0 ? true : undefined));
    };
    /** Whether less time went by since then than until the flush: where a machine stands still it may find an alert. */
    const isBefore = (flushMs: number, sinceMs: number): boolean => {
      const tookMs = performance.now() - sinceMs;
      if (tookMs >= flushMs)
        t.diagnostic(`too slow for a statement: ${Math.round(tookMs)} ms of ${flushMs} ms`);
      return tookMs < flushMs;
    };
    const firstMs = performance.now();
    await flap();
    const isHeldBack = isBefore(6000, firstMs);
    await until('the group is gone', async () =>
      (await metricOf(vedette, 'vedette_alerts_groups ')) === 0 ? true : undefined,
    );
    if (isHeldBack) assert.deepEqual(hook.texts(), []);
    const told = hook.messages.length;
    const secondMs = performance.now();
    scene.level = 11;
    await until('a message', () => (hook.messages.length > told ? true : undefined));
    await flap();
    scene.level = 11;
    await untilFiring(vedette, 'High');
    // The group was made after the level rose, and is flushed 6 s after that, then 8 s later.
    const isQuick = isBefore(14_000, secondMs);
    // Longer than group_interval: the next flush has nothing to say.
    await untilEvaluated(vedette, 18);
    if (isQuick) assert.deepEqual(hook.texts().slice(told), ['firing High']);
  });

  test('a receiver mended by a reload gets at once what the old address did not take', async (t) => {
    const [broken, mended] = [await startHook(t), await startHook(t)];
    broken.answer = (response) => void response.writeHead(503).end();
    const slow = (hook: { url: string }): string =>
      routeOf([hook]).replace('group_interval: 500ms', 'group_interval: 10m');
    const scene = await createScene(t, { rules: ALWAYS, more: slow(broken) });
    const vedette = await scene.start();
    await until('an attempt', () => (broken.messages.length > 0 ? true : undefined));
    scene.write('vedette.yml', slow(mended));
    await reload(vedette);
    await until('the message', () => (mended.messages.length > 0 ? true : undefined));
    assert.equal(mended.messages[0]?.key, broken.messages[0]?.key, 'the same notification');
    // An attempt that was on its way may be heard a moment later.
    await untilEvaluated(vedette, 2);
    const attempts = broken.messages.length;
    await untilEvaluated(vedette, 6);
    assert.deepEqual([broken.messages.length, mended.messages.length], [attempts, 1]);
  });

  test('the routing stands in a file of its own, which a reload reads again', async (t) => {
    const [first, second] = [await startHook(t), await startHook(t)];
    const fileOf = (hook: { url: string }): string =>
      routeOf([hook]).replace('alertmanager:\n', '').replaceAll(/^ {2}/gm, '');
    const scene = await createScene(t, { rules: ALWAYS, more: 'alertmanager: am.yml\n' });
    scene.write('am.yml', fileOf(first));
    const vedette = await scene.start();
    await until('the message', () => (first.messages.length > 0 ? true : undefined));
    scene.write('am.yml', `${fileOf(second)}inhibit_ruless: []\n`);
    await reload(vedette, /unknown key .*inhibit_ruless.*am\.yml:3:1/);
    scene.write('am.yml', fileOf(second).replace('group_by: [alertname]', 'group_by: [job]'));
    await reload(vedette);
    await until('the message', () => (second.messages.length > 0 ? true : undefined));
  });
});
