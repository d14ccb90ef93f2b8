import type { Files } from '@vedette/model';
import type { ExamineDeps, ExaminedFile } from './examine.ts';
import type { Reporter } from './report.ts';
import { replayWal } from './wal/wal-replay.ts';

/**
 * Sets aside what `examineStore` found damaged, as a start does, and blocks whose damage a start would only meet when a
 * query reads that part of them: they get the ending `.damaged`. A torn tail of the log is cut off. Nothing is deleted, and
 * files of another version, or that the disk refuses, stay where they are. Nobody else may have the store open.
 */
export async function repairStore(
  deps: ExamineDeps & { readonly report: Reporter },
  directory: string,
  examined: readonly ExaminedFile[],
): Promise<void> {
  const { files, report } = deps;
  for (const { path, kind, sizeBytes, fault } of examined) {
    if (fault?.kind !== 'damaged' || kind === 'log') continue;
    await files.rename(path, `${path}.damaged`);
    report.warn('a damaged file was set aside', { file: `${path}.damaged`, sizeBytes, reason: fault.reason });
  }
  const isLogFaulty = examined.some(
    ({ kind, fault }) => kind === 'log' && (fault?.kind === 'damaged' || fault?.kind === 'torn'),
  );
  const log = { directory: `${directory}/wal`, first: 0 };
  if (isLogFaulty) await replayWal(deps, log, () => Promise.resolve());
}

/** What a start did to the disk, told once more as a whole when it has ended. */
export class StartRepairs implements Reporter {
  readonly #report: Reporter;
  readonly #done: string[] = [];
  #isOver = false;

  constructor(report: Reporter) {
    this.#report = report;
  }

  info(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#note(message, fields);
    this.#report.info(message, fields);
  }

  warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#note(message, fields);
    this.#report.warn(message, fields);
  }

  /** One line in the log: what was done to which file, what is left, what to do. Nothing when nothing was done. */
  summarise(kept: {
    readonly blocks: readonly { readonly meta: { readonly sampleCount: number } }[];
    readonly newestMs: number;
  }): void {
    this.#isOver = true;
    if (this.#done.length === 0) return;
    const fields = {
      done: this.#done,
      keptBlocks: kept.blocks.length,
      keptBlockSamples: kept.blocks.reduce((sum, { meta }) => sum + meta.sampleCount, 0),
      newestSample: Number.isFinite(kept.newestMs) ? new Date(kept.newestMs).toISOString() : 'none',
    };
    // What is worth a warning was one already.
    this.#report.info(
      'this start put the metrics store in order; what was set aside is kept under a .damaged name, and a backup has what is missed',
      fields,
    );
  }

  /** What comes after the summary is told as it comes. */
  #note(message: string, fields: Readonly<Record<string, unknown>>): void {
    if (!this.#isOver) this.#done.push(sentenceOf(message, fields));
  }
}

function sentenceOf(message: string, fields: Readonly<Record<string, unknown>>): string {
  const { file, cutBytes, lostBytes, sizeBytes, reason, error } = fields;
  const bytes = cutBytes ?? lostBytes ?? sizeBytes;
  const size = typeof bytes === 'number' ? ` (${bytes} bytes)` : '';
  const why = typeof reason === 'string' ? reason : error instanceof Error ? error.message : undefined;
  return `${typeof file === 'string' ? `${file}${size}: ` : ''}${message}${why === undefined ? '' : `: ${why}`}`;
}

/** Removes a file that an interrupted process left, and says so. */
export async function removeLeftover(
  { files, report }: { readonly files: Files; readonly report: Reporter },
  file: string,
  sizeBytes: number,
): Promise<void> {
  await files.remove(file);
  report.info('an unfinished file was removed; what it was to hold stands elsewhere', { file, sizeBytes });
}
