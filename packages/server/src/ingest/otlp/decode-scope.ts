import { InputError } from '@vedette/model';
import { OTLP_LIMITS } from './limits.ts';
import type { ResourceMetrics } from './otlp-metrics.ts';
import type { RefusedPoints } from './refused-points.ts';

/**
 * A decoder is a generator: it yields a resource whenever one is complete, and `undefined` at least every some
 * twenty microseconds of work, where its driver may let the event loop run. It throws `InputError`.
 */
export type Decoding = Generator<ResourceMetrics | undefined, void>;

/** Work of a decoder that has no result of its own to yield. */
export type Steps<T = void> = Generator<undefined, T>;

/** What both decoders share while they read one body: the count of parts, and the points refused on the way. */
export class DecodeScope {
  readonly refused: RefusedPoints;
  #partCount = 0;

  constructor(refused: RefusedPoints) {
    this.refused = refused;
  }

  /** Counts parts before they are made; throws when the body has more than it may. */
  count(parts = 1): void {
    this.#partCount += parts;
    if (this.#partCount > OTLP_LIMITS.partCountMax)
      throw new InputError(
        'VED_BODY_TOO_LARGE',
        `cannot take the body: it has more than ${OTLP_LIMITS.partCountMax} points, attributes, exemplars and other parts; send smaller batches`,
      );
  }

  /** Counts a point that is longer than a part may be; true when it is. */
  refuseLong(byteCount: number): boolean {
    if (byteCount <= OTLP_LIMITS.partBytesMax) return false;
    this.refused.add('limit', 1, `a data point of ${byteCount} bytes, limit is ${OTLP_LIMITS.partBytesMax}`);
    return true;
  }
}

/** Throws when a resource or a scope is longer than a part may be. */
export function assertPartLength(what: 'resource' | 'scope', byteCount: number): void {
  if (byteCount > OTLP_LIMITS.partBytesMax)
    throw new InputError(
      'VED_BODY_INVALID',
      `cannot read the ${what}: it has ${byteCount} bytes, limit is ${OTLP_LIMITS.partBytesMax}`,
    );
}

// The driver looks at the clock every eighth time it is asked; 4 KiB decode in some 20 µs.
const BYTES_PER_PAUSE = 4096;

/** As many pauses as decoding this many bytes is worth. */
export function* pausesFor(byteCount: number): Steps {
  for (let done = 0; done <= byteCount; done += BYTES_PER_PAUSE) yield undefined;
}
