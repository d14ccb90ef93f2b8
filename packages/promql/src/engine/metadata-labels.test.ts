import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, type QueryResult } from '@vedette/model';
import { ALL_FEATURES, engineOver, NEVER, storageOf } from '../test-support/storage.ts';
import { hasTypeOrUnit, withoutMetadata } from './metadata-labels.ts';

const STEP_MS = 60_000;

/** Labels of the result as text, with its values. */
function seriesIn(result: QueryResult): string[] {
  assert.ok(result.kind === 'series');
  return result.series.map(({ labels, values }) => `${labels.join(' ')} ${values.join()}`);
}

test('type and unit go with the name, wherever they stand among the labels', () => {
  const typed = { __name__: 'x', __type__: 'counter', __unit__: 's', A: '1', a: '2' };
  assert.deepEqual(withoutMetadata(labelsOf(typed)), labelsOf({ A: '1', a: '2' }));
  assert.deepEqual(withoutMetadata(labelsOf({ __name__: 'x', _a: '1' })), labelsOf({ _a: '1' }));
  assert.equal(hasTypeOrUnit(labelsOf({ __name__: 'x', __types__: 'a', z: '1' })), false);
  assert.equal(hasTypeOrUnit(labelsOf({ A: 'x', __unit__: 'a' })), true);
});

test('what is made of a metric has neither its type nor its unit; what is chosen of it has', async () => {
  const storage = storageOf(STEP_MS, [
    { __name__: 'x_total', __type__: 'counter', __unit__: 's', a: '1' },
    [1, 2, 3],
  ]);
  for (const isNameRemovalDelayed of [false, true]) {
    const engine = engineOver(storage, { isNameRemovalDelayed });
    const at = async (expr: string): Promise<string[]> =>
      seriesIn(await engine.instant({ expr, atMs: 2 * STEP_MS }, NEVER));
    for (const expr of ['-x_total', 'x_total * 1', 'x_total * x_total', 'abs(x_total)', 'delta(x_total[2m])'])
      assert.match((await at(expr))[0] ?? '', /^a 1 -?\d+/, expr);
    const whole = '__name__ x_total __type__ counter __unit__ s a 1 3';
    for (const expr of [
      'x_total',
      '+x_total',
      'x_total > 1',
      'topk(1, x_total)',
      'last_over_time(x_total[1m])',
    ])
      assert.deepEqual(await at(expr), [whole], expr);
    assert.deepEqual(await at('sum by (__type__) (x_total)'), ['__type__ counter 3']);
  }
});

test('series that differed by their type become one where they take turns, and are an error where they meet', async () => {
  const turns = storageOf(
    STEP_MS,
    [{ __name__: 'x', a: '1' }, [1, 2]],
    [{ __name__: 'x', __type__: 'gauge', a: '1' }, [undefined, undefined, 3, 4]],
  );
  const range = { startMs: 0, endMs: 3 * STEP_MS, stepMs: STEP_MS };
  const expr = 'count_over_time(x[1m])';
  for (const isNameRemovalDelayed of [false, true]) {
    const result = await engineOver(turns, { isNameRemovalDelayed }).range({ expr, ...range }, NEVER);
    assert.deepEqual(seriesIn(result), ['a 1 1,1,1,1']);
  }
  const meeting = storageOf(
    STEP_MS,
    [{ __name__: 'x', a: '1' }, [1, 2, 3]],
    [{ __name__: 'x', __type__: 'gauge', a: '1' }, [undefined, undefined, 3, 4]],
  );
  for (const isNameRemovalDelayed of [false, true])
    await assert.rejects(engineOver(meeting, { isNameRemovalDelayed }).range({ expr, ...range }, NEVER), {
      message: 'vector cannot contain metrics with the same labelset',
    });
});

test('with type labels a counter is told by its type, otherwise by the end of its name', async () => {
  const storage = storageOf(
    STEP_MS,
    [{ __name__: 'a', __type__: 'counter' }, [1, 2, 3]],
    [{ __name__: 'b_total', __type__: 'gauge' }, [1, 2, 3]],
    [{ __name__: 'c_total' }, [1, 2, 3]],
    [{ __name__: 'd', __type__: 'histogram' }, [1, 2, 3]],
  );
  const typed = engineOver(storage, { features: [...ALL_FEATURES, 'type-and-unit-labels'] });
  const infosOf = async (engine: typeof typed, name: string): Promise<readonly string[]> =>
    (await engine.instant({ expr: `rate(${name}[5m])`, atMs: 2 * STEP_MS }, NEVER)).annotations.infos;
  const untold =
    'PromQL info: metric might not be a counter, __type__ label is not set to "counter" or "histogram", got';
  assert.deepEqual(await infosOf(typed, 'a'), []);
  assert.deepEqual(await infosOf(typed, 'b_total'), [`${untold} "gauge": "b_total" (1:6)`]);
  assert.deepEqual(await infosOf(typed, 'c_total'), [`${untold} "": "c_total" (1:6)`]);
  assert.deepEqual(await infosOf(typed, 'd'), []);
  assert.deepEqual(await infosOf(engineOver(storage), 'b_total'), []);
  assert.equal((await infosOf(engineOver(storage), 'a')).length, 1);
});
