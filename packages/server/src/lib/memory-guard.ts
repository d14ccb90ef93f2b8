import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { abortWith, UnavailableError, type Slicer } from '@vedette/model';

/** What a process takes and may take, in bytes. */
export interface MemoryUse {
  /** Objects, and how much of them V8 allows before it ends the process. */
  readonly heapBytes: number;
  readonly heapBytesMax: number;
  /** Objects and arrays together, and what the machine or the container has. */
  readonly allBytes: number;
  readonly allBytesMax: number;
}

/** The reader takes 2 µs. */
export function createMemoryReader(): () => MemoryUse {
  const constrained = process.constrainedMemory();
  // Without a limit the kernel says 0, or a number beyond any machine.
  const allBytesMax = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return () => {
    const { used_heap_size: heapBytes, heap_size_limit: heapBytesMax, external_memory } = getHeapStatistics();
    return { heapBytes, heapBytesMax, allBytes: heapBytes + external_memory, allBytesMax };
  };
}

// V8 collects garbage at the latest when the heap is half-way from what was live last time to its limit, so that more
// than this is in use only when some half of the limit is live: nothing that a healthy server reaches. Above it fit
// the slices of all queries that run, 1 to 2 MB each, and what rules and senders need meanwhile.
const USED_RATIO_MAX = 0.75;

/**
 * Gives up work that can be asked for again when memory is nearly used up. `query.max_samples` counts the samples of
 * one query; this is the limit of everything else: of what many queries hold together, and of label sets and groups.
 * A million series at one step are a million samples, 16 MB, and hundreds of megabytes of objects. V8 ends a process
 * whose heap is full, and with it scrapes, rules and alerts.
 *
 * 1. Whatever works in slices looks at memory after each pause, by a slicer from `watch`: at most a slice late.
 * 2. Above the limit all work that runs by `run` is aborted, and rejects with VED_QUERY_MEMORY. Rules do not run by it.
 * 3. The next work is let in: less than a slice of it is never looked at, and the garbage of before goes meanwhile.
 *
 * Refusing by size was rejected: what a label set takes is not known before it is made, and many small queries fill a
 * heap as well. So was aborting the largest alone: it cannot be told while all of them wait for one disk.
 */
export class MemoryGuard {
  readonly #read: () => MemoryUse;
  readonly #running = new Set<AbortController>();

  constructor(read: () => MemoryUse) {
    this.#read = read;
  }

  watch(slicer: Slicer): Slicer {
    return {
      shouldYield: () => slicer.shouldYield(),
      yield: async () => {
        await slicer.yield();
        this.#look();
      },
      forTask: () => this.watch(slicer.forTask?.() ?? slicer),
    };
  }

  /** `work` has to stop soon when its signal aborts, which it does for the caller's, too. */
  async run<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const unfollow = abortWith(controller, signal);
    this.#running.add(controller);
    try {
      return await work(controller.signal);
    } catch (error) {
      // In place of what an aborted work says of it.
      if (controller.signal.aborted && !signal.aborted) throw controller.signal.reason as UnavailableError;
      throw error;
    } finally {
      unfollow();
      this.#running.delete(controller);
    }
  }

  #look(): void {
    if (this.#running.size === 0) return;
    const fault = faultOf(this.#read());
    if (fault === undefined) return;
    for (const controller of this.#running)
      controller.abort(new UnavailableError('VED_QUERY_MEMORY', `cannot go on with the query: ${fault}`));
    this.#running.clear();
  }
}

function faultOf({ heapBytes, heapBytesMax, allBytes, allBytesMax }: MemoryUse): string | undefined {
  const limitOf = (bytesMax: number): string =>
    `limit is ${USED_RATIO_MAX * 100} % of ${mebibytes(bytesMax)}`;
  if (heapBytes > heapBytesMax * USED_RATIO_MAX)
    return (
      `objects take ${mebibytes(heapBytes)} of the heap, ${limitOf(heapBytesMax)}; ask for fewer series, or start the ` +
      'server with more in NODE_OPTIONS=--max-old-space-size'
    );
  if (allBytes > allBytesMax * USED_RATIO_MAX)
    return (
      `${mebibytes(allBytes)} are in use, ${limitOf(allBytesMax)} of memory; ask for less, or lower ` +
      'query.max_samples or query.max_concurrency'
    );
  return undefined;
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
