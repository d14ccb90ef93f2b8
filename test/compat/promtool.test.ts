/** Debian's promtool, unmodified, against us: what it prints about us is what it prints about a real Prometheus. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PEERS, skipWithout } from '../support/peers.ts';
import { runProgram, type Ran } from '../support/run-program.ts';
import { startVedette } from '../support/vedette-process.ts';
import { shopSeries, startTwins } from './twin-servers.ts';

const skip = skipWithout(PEERS.prometheus, PEERS.promtool);

const promtool = (args: readonly string[], input?: string): Promise<Ran> =>
  runProgram(PEERS.promtool, args, { input });

test('promtool query prints about us what it prints about Prometheus', { skip }, async (t) => {
  const lastMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
  const { theirs, ours } = await startTwins(t, shopSeries(lastMs));
  const end = lastMs / 1000;
  const start = end - 300;
  const same = async (command: readonly string[], ...expr: readonly string[]): Promise<Ran> => {
    const [want, got] = await Promise.all([theirs, ours].map((url) => promtool([...command, url, ...expr])));
    assert.ok(got !== undefined);
    assert.deepEqual(got, want, [...command, ...expr].join(' '));
    return got;
  };
  const lineCount = async (
    want: number,
    command: readonly string[],
    ...expr: readonly string[]
  ): Promise<void> => {
    const { code, stdout } = await same(command, ...expr);
    assert.deepEqual([code, stdout.split('\n').length - 1], [0, want], `${command.join(' ')}\n${stdout}`);
  };
  const fails = async (command: readonly string[], ...expr: readonly string[]): Promise<void> => {
    const { code, stderr } = await same(command, ...expr);
    assert.equal(code, 1);
    assert.match(stderr, /bad_data|execution/);
  };
  for (const format of [[], ['-o', 'json'], ['--format=promql']]) {
    const query = ['query', ...format];
    // All of JSON is one line.
    const lines = (want: number, command: readonly string[], expr?: string): Promise<void> =>
      lineCount(format[1] === 'json' ? 1 : want, command, ...(expr === undefined ? [] : [expr]));
    const at = [...query, 'instant', `--time=${end}`];
    await lines(4, at, 'requests_total');
    await lines(15, at, 'temperature[1m]');
    await lines(1, at, '1 + 1');
    // Nothing is an empty line, or an empty list.
    await lines(1, at, 'gone');
    await lines(1, [...query, 'instant', `--time=${new Date(lastMs).toISOString()}`], 'up{job="shop"}');
    await fails(at, 'sum(');
    await fails(at, 'rate(up)');
    await fails(at, 'label_replace(up, "a", "b", "c", "((")');
    const range = [...query, 'range', `--start=${start}`, `--end=${end}`];
    await lines(36, [...range, '--step=30s'], 'temperature');
    await lines(1208, range, 'rate(requests_total[1m])');
    await lines(
      12,
      [...range, '--step=0.5m'],
      'histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[2m])))',
    );
    // In words of 2.42 a parse error of a range query does not name its parameter; of 3 it does.
    await fails([...range, '--step=30s'], 'label_replace(up, "a", "b", "c", "((")');
    await lines(4, [...query, 'series', '--match=requests_total']);
    await lines(4, [...query, 'series', '--match=temperature', '--match=gone']);
    await lines(0, [...query, 'series', '--match=nobody']);
    await fails([...query, 'series', '--match=tempe{']);
    await fails([...query, 'series', '--match={}']);
    await fails([...query, 'series', '--match=up offset 5m']);
    await fails([...query, 'series', '--match=up[5m]']);
    await lines(3, [...query, 'labels'], 'zone');
    await lines(
      2,
      [...query, 'labels', '--match=requests_total', `--start=${start}`, `--end=${end}`],
      'code',
    );
    await lines(0, [...query, 'labels'], 'nobody');
  }
});

test('promtool check metrics finds nothing to say about our own metrics', { skip }, async (t) => {
  const vedette = await startVedette(t);
  const { code, stdout, stderr } = await promtool(
    ['check', 'metrics'],
    await (await vedette.get('/metrics')).text(),
  );
  assert.deepEqual([code, stdout, stderr], [0, '', '']);
});
