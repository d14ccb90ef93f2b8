import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMatcher, formatLabels, labelsOf, SampleBatchBuilder } from '@vedette/model';
import { CONTRACT_START_MS as T, type MetricsHarness } from './port.contract.ts';

const NEVER = new AbortController().signal;
const EVER = { fromMs: -8e15, untilMs: 8e15 };

/** The suite of exemplars in `MetricsWriter` and `MetricsReader`, for stores that keep them. */
export function describeMetricsExemplars(name: string, open: () => Promise<MetricsHarness>): void {
  const check = (title: string, body: (harness: MetricsHarness) => Promise<void>): void => {
    test(title, async () => {
      const harness = await open();
      try {
        await body(harness);
      } finally {
        await harness.close();
      }
    });
  };
  describe(`exemplars: ${name}`, () => {
    check('exemplars are read by matchers and range, sorted by label set and time', async (harness) => {
      const { writer, reader } = harness;
      const builder = new SampleBatchBuilder();
      for (const name of ['b', 'a']) {
        builder.openSeries(labelsOf({ __name__: name }));
        builder.addSample(T, 1);
        for (const at of [2, 0, 1])
          builder.addExemplar({
            labels: labelsOf({ trace_id: `${name}${at}` }),
            value: at,
            timestampMs: T + at,
          });
      }
      const result = await writer.append(builder.finish());
      assert.deepEqual([result.acceptedExemplarCount, result.refusals], [6, []]);
      const find = async (fromMs: number, untilMs: number, ...names: string[]): Promise<unknown> => {
        const sets = names.map((one) => [createMatcher('__name__', '=', one)]);
        const found = await reader.exemplars(sets, { fromMs, untilMs }, NEVER);
        return found.map(({ labels, exemplars }) => [
          formatLabels(labels),
          ...exemplars.map((one) => `${one.labels.join('=')} ${one.value} ${one.timestampMs - T}`),
        ]);
      };
      assert.deepEqual(await find(T, T + 1, 'b', 'a', 'nothing'), [
        ['a', 'trace_id=a0 0 0', 'trace_id=a1 1 1'],
        ['b', 'trace_id=b0 0 0', 'trace_id=b1 1 1'],
      ]);
      assert.deepEqual(await find(T + 2, T + 2, 'b'), [['b', 'trace_id=b2 2 2']]);
      assert.deepEqual(await find(T + 3, T + 9, 'a', 'b'), []);
      await assert.rejects(
        reader.exemplars([], EVER, AbortSignal.abort(new Error('not today'))),
        /not today/,
      );
    });

    check(
      'an exemplar that repeats the newest counts, an older or longer one is refused',
      async (harness) => {
        const { writer } = harness;
        const tell = async (timestampMs: number, trace: string): Promise<unknown> => {
          const builder = new SampleBatchBuilder();
          builder.openSeries(labelsOf({ __name__: 'x' }));
          builder.addSample(T, 1);
          builder.addExemplar({ labels: labelsOf({ t: trace }), value: 1, timestampMs });
          const { acceptedCount, acceptedExemplarCount, refusals } = await writer.append(builder.finish());
          return [acceptedCount, acceptedExemplarCount, refusals];
        };
        const refused = [{ reason: 'invalid-exemplar', count: 1, example: 'x' }];
        assert.deepEqual(await tell(T + 1, 'a'), [1, 1, []]);
        assert.deepEqual(await tell(T + 1, 'a'), [1, 1, []]);
        assert.deepEqual(await tell(T, 'b'), [1, 0, refused]);
        assert.deepEqual(await tell(T + 2, 'b'.repeat(127)), [1, 1, []]);
        assert.deepEqual(await tell(T + 3, 'b'.repeat(128)), [1, 0, refused]);
      },
    );
  });
}
