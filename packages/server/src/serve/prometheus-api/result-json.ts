import type { Labels, QueryResult, QueryStats, Slicer } from '@vedette/model';
import { AnswerBytes } from './answer-bytes.ts';
import { resultDataSteps, type WriteSteps } from './result-data-json.ts';

/**
 * The answer to a query as JSON, built from the columns.
 *
 * 1. Points are written as bytes, straight from the typed arrays (`AnswerBytes`). Nested arrays for
 *    JSON.stringify took several times as long, and all of the memory at once.
 * 2. A piece is handed out when it is long enough to be worth a write, and the event loop runs when
 *    its slice is used up, so that a million points hold up nobody.
 * 3. The consumer pulls: a slow client stops the work, not the server.
 */
export interface ResultJsonOptions {
  /** Series at most; `undefined` is no limit. */
  readonly limit: number | undefined;
  /** Stats to add to the answer; `undefined` leaves them out. */
  readonly stats: QueryStatsJson | undefined;
  readonly slicer: Slicer;
  /** Told how many bytes all pieces were, when the last one was taken. */
  readonly onEnd?: (bytes: number) => void;
}

interface QueryStatsJson {
  readonly stats: QueryStats;
  readonly seconds: number;
}

/** Upstream's own cap on each kind of remark. */
const ANNOTATIONS_MAX = 10;

export const TRUNCATED = 'results truncated due to limit';

// One write to the socket or to zlib, far above its fixed cost and far below what a slow client pins.
const PIECE_BYTES = 64 * 1024;
// A step writes some kilobytes, and the buffer grows to four times its size: taken away before, it ends at 64 KiB.
const STEP_BYTES = 8 * 1024;

/** The complete body `{"status":"success",…}` in pieces, which the caller owns. */
export async function* resultJson(
  result: QueryResult,
  options: ResultJsonOptions,
): AsyncGenerator<Uint8Array> {
  const { slicer } = options;
  const out = new AnswerBytes();
  let bytes = 0;
  const takePiece = (): Uint8Array => {
    const piece = out.take();
    bytes += piece.length;
    return piece;
  };
  const steps = bodySteps(out, result, options);
  while (steps.next().done !== true) {
    if (slicer.shouldYield()) await slicer.yield();
    if (out.length > PIECE_BYTES - STEP_BYTES) yield takePiece();
  }
  yield takePiece();
  options.onEnd?.(bytes);
}

function* bodySteps(out: AnswerBytes, result: QueryResult, { limit, stats }: ResultJsonOptions): WriteSteps {
  out.text(`{"status":"success","data":{"resultType":"${resultTypeOf(result)}","result":`);
  yield* resultDataSteps(out, result, limit);
  if (stats !== undefined) out.text(`,"stats":${statsJson(stats)}`);
  const isTruncated = limit !== undefined && 'series' in result && result.series.length > limit;
  const warnings = isTruncated ? [...result.annotations.warnings, TRUNCATED] : result.annotations.warnings;
  const infos = annotationsJson('infos', result.annotations.infos);
  out.text(`}${annotationsJson('warnings', warnings)}${infos}}`);
}

/** `,"warnings":[…]`, or nothing. */
export function annotationsJson(kind: 'warnings' | 'infos', texts: readonly string[]): string {
  if (texts.length === 0) return '';
  const shown = texts.slice(0, ANNOTATIONS_MAX);
  const omitted = texts.length - shown.length;
  if (omitted > 0)
    shown.push(`${omitted} more ${kind === 'warnings' ? 'warning' : 'info'} annotations omitted`);
  return `,"${kind}":${JSON.stringify(shown)}`;
}

function resultTypeOf(result: QueryResult): string {
  switch (result.kind) {
    case 'scalar':
    case 'string':
      return result.grid.stepMs === 0 ? result.kind : 'matrix';
    case 'series':
      return result.grid.stepMs === 0 ? 'vector' : 'matrix';
    case 'samples':
      return 'matrix';
  }
}

/** `{"__name__":"up","job":"a"}`. Built by hand: an object would lose a label called `__proto__`. */
export function metricJson(labels: Labels): string {
  let text = '{';
  for (let i = 0; i < labels.length; i += 2)
    text += `${i === 0 ? '' : ','}${JSON.stringify(labels[i])}:${JSON.stringify(labels[i + 1])}`;
  return `${text}}`;
}

/** Only what is true here: the total, not upstream's single phases. */
function statsJson({ stats, seconds }: QueryStatsJson): string {
  return JSON.stringify({
    timings: {
      evalTotalTime: seconds,
      resultSortTime: 0,
      queryPreparationTime: 0,
      innerEvalTime: seconds,
      execQueueTime: 0,
      execTotalTime: seconds,
    },
    samples: { totalQueryableSamples: stats.samplesTotal, peakSamples: stats.samplesPeak },
  });
}
