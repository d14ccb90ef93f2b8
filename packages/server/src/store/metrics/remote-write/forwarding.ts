/**
 * The list `remote_write`: a writer in front of the store that sends on what the store took.
 *
 * The store comes first. Its answer is the caller's answer; what it refused is not sent on, as far as that can be
 * told from its answer (see `RemoteWriter.forward`). Callers wait until the rows are copied, never for a remote.
 *
 * At a reload a remote whose settings and external labels are the same goes on with its queue. One that is gone
 * is stopped, which brings its queue away; those that take its place collect meanwhile and send after it, so that
 * a changed setting does not reorder samples at one and the same server.
 */
import {
  labelsKeyOf,
  type AppendResult,
  type Labels,
  type MetricsWriter,
  type SampleBatch,
} from '@vedette/model';
import { fingerprintOf, type RemoteWriteConfig } from './config.ts';
import {
  createRemoteWriter,
  type RemoteWriter,
  type RemoteWriterDeps,
  type RemoteWriterOptions,
  type RemoteWriteStats,
} from './remote-writer.ts';

export interface Forwarding {
  /** A writer that takes what `store` takes, and sends it on. */
  inFrontOf(store: MetricsWriter): MetricsWriter;
  /** Takes over the list and the external labels; resolves when those that are gone have stopped. One call at a time. */
  apply(configs: readonly RemoteWriteConfig[], externalLabels: Labels): Promise<void>;
  /** Stops all of them; see `RemoteWriter.stop`. What comes later is stored and not sent on. */
  stop(): Promise<void>;
  /** In the order of the list. */
  stats(): readonly RemoteWriteStats[];
}

export function createForwarding(
  deps: RemoteWriterDeps,
  options: Omit<RemoteWriterOptions, 'externalLabels'>,
): Forwarding {
  let remotes: ReadonlyMap<string, RemoteWriter> = new Map();
  const append = async (store: MetricsWriter, batch: SampleBatch): Promise<AppendResult> => {
    const result = await store.append(batch);
    const wasRefused = result.refusals.length > 0;
    await Promise.all([...remotes.values()].map((remote) => remote.forward(batch, { wasRefused })));
    return result;
  };
  const replace = async (next: ReadonlyMap<string, RemoteWriter>): Promise<void> => {
    const gone = [...remotes].filter(([key]) => !next.has(key));
    remotes = next;
    await Promise.all(gone.map(([, remote]) => remote.stop()));
    for (const remote of next.values()) remote.start();
  };
  return {
    inFrontOf: (store) => ({ append: (batch) => append(store, batch) }),
    apply: async (configs, externalLabels) => {
      const next = new Map<string, RemoteWriter>();
      for (const config of configs) {
        const key = JSON.stringify([fingerprintOf(config), labelsKeyOf(externalLabels)]);
        const kept = remotes.get(key);
        next.set(key, kept ?? createRemoteWriter(deps, config, { ...options, externalLabels }));
      }
      await replace(next);
    },
    stop: () => replace(new Map()),
    stats: () => [...remotes.values()].map((remote) => remote.stats()),
  };
}
