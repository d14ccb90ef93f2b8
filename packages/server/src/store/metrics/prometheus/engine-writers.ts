/**
 * Writing to an engine elsewhere, by who writes. The sender's `append` resolves when the engine has acknowledged, which
 * may be after an outage; not everybody can wait so long.
 *
 * - Receivers (remote write, OTLP) can: the sender at the other end gets its answer when its samples are safe. They use
 *   the sender itself.
 * - Collectors (host, self, scrape) cannot: the next page is due. Their batches are queued and count as accepted;
 *   during an outage the queue holds them, when it is full the oldest are dropped and counted.
 * - Rules wait for a moment, so that the next rule of a group finds what this one wrote; after it the batch stays queued.
 *
 * What waits is in memory alone: a killed process loses it.
 */
import type { AppendResult, Clock, MetricsWriter, SampleBatch } from '@vedette/model';
import type { RemoteWriter } from '../remote-write/remote-writer.ts';

type Sender = Pick<RemoteWriter, 'append' | 'forward'>;

export interface EngineWriters {
  /** For those who can wait for the engine's answer. */
  readonly acknowledged: MetricsWriter;
  /** For those who cannot wait at all. */
  readonly queued: MetricsWriter;
  /** For those who ask for what they wrote. */
  readonly awaited: MetricsWriter;
  /** Samples taken since the start. */
  samplesTotal(): number;
}

// A write to an engine nearby takes some milliseconds; rule groups run every 15 s and more.
const AWAITED_MS_MAX = 2000;

export function createEngineWriters(deps: { readonly clock: Clock }, sender: Sender): EngineWriters {
  let samplesTotal = 0;
  const counted =
    (append: (batch: SampleBatch) => Promise<AppendResult>) =>
    async (batch: SampleBatch): Promise<AppendResult> => {
      samplesTotal += batch.timestampsMs.length;
      return await append(batch);
    };
  return {
    acknowledged: { append: counted((batch) => sender.append(batch)) },
    queued: {
      append: counted(async (batch) => {
        await sender.forward(batch, { wasRefused: false });
        return queuedResultOf(batch);
      }),
    },
    awaited: { append: counted((batch) => appendInTime(deps.clock, sender, batch)) },
    samplesTotal: () => samplesTotal,
  };
}

function queuedResultOf(batch: SampleBatch): AppendResult {
  return {
    acceptedCount: batch.timestampsMs.length,
    acceptedHistogramCount: batch.histograms?.size ?? 0,
    acceptedExemplarCount: batch.exemplars?.length ?? 0,
    createdSeriesCount: 0,
    refusals: [],
  };
}

async function appendInTime(clock: Clock, sender: Sender, batch: SampleBatch): Promise<AppendResult> {
  const late = Promise.withResolvers<AppendResult>();
  const timer = clock.setTimer(AWAITED_MS_MAX, () => late.resolve(queuedResultOf(batch)));
  const answer = sender.append(batch);
  // When the wait is over nobody listens any more; the sender counts and logs what becomes of the batch.
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    timer.cancel();
  }
}
