/**
 * What ran when the process died: told at the next start, since a query that takes all memory leaves no other trace.
 *
 * 1. A query that has run for `ACTIVE_AFTER_MS` gets a line in `queries.active` below the data directory; when it
 *    ends, a second line says so. Shorter ones, nearly all, cost a timer. No line is synced: a killed process loses
 *    nothing that was written, and a machine that loses power did not die of a query.
 * 2. The start reads the lines, tells the log which queries began and did not end, and begins a new file.
 * 3. A stop removes the file. A file that grew is begun anew with the queries that run.
 *
 * A line that is torn, or of another program, is passed over. What the disk refuses is reported once, and the log
 * stays silent from then on: queries go on without it.
 */
import type { Clock, FileAppender, Files } from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import type { QueryQuestion } from './query-record.ts';
import { formatSource } from './query-source.ts';
import { shortened } from './slow-query-log.ts';

// A query that fills gigabytes takes longer than that, and a busy dashboard has a few of them at a time.
const ACTIVE_AFTER_MS = 500;

/** As many lines as a thousand slow queries make, and what a start reads at most. */
const ACTIVE_FILE_BYTES_MAX = 2 ** 18;

const FILE_NAME = 'queries.active';

export interface ActiveQueryLogDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
}

export class ActiveQueryLog {
  readonly #deps: ActiveQueryLogDeps;
  readonly #path: string;
  /** Lines of the queries that are in the file and run. */
  readonly #active = new Map<number, string>();
  #nextId = 1;
  #appender: FileAppender | undefined;
  /** Writes in their order; never rejects. */
  #writing: Promise<void> = Promise.resolve();
  #isOff = false;

  private constructor(deps: ActiveQueryLogDeps, path: string) {
    this.#deps = deps;
    this.#path = path;
  }

  /** Tells what ran when the process before died. The file is made when it is needed. */
  static async open(deps: ActiveQueryLogDeps, directory: string): Promise<ActiveQueryLog> {
    const opened = new ActiveQueryLog(deps, `${directory}/${FILE_NAME}`);
    try {
      await opened.#tellOfLast(directory);
    } catch (error) {
      opened.#switchOff(error);
    }
    return opened;
  }

  /** A query begins to run; to be called back when it ends. */
  begin(question: QueryQuestion): () => void {
    const id = this.#nextId++;
    const atMs = this.#deps.clock.nowMs();
    const timer = this.#deps.clock.setTimer(ACTIVE_AFTER_MS, () => {
      const { kind, startMs, endMs, stepMs } = question;
      const source = formatSource(question.source);
      const text = { id, atMs, kind, expr: shortened(question.expr), startMs, endMs, stepMs, source };
      const line = `${JSON.stringify(text)}\n`;
      this.#active.set(id, line);
      this.#write(line);
    });
    return () => {
      timer.cancel();
      if (this.#active.delete(id)) this.#write(`${JSON.stringify({ id })}\n`);
    };
  }

  /** Nothing is told of this run: it ended well. Twice is safe. */
  async close(): Promise<void> {
    await this.#writing;
    this.#isOff = true;
    await this.#appender?.close();
    await this.#deps.files.remove(this.#path).catch(() => undefined);
  }

  async #tellOfLast(directory: string): Promise<void> {
    const { files, log } = this.#deps;
    const entry = (await files.list(directory)).find(({ name }) => name === FILE_NAME);
    if (entry === undefined) return;
    // Twice the bound: the file is begun anew at the first line beyond it. Anything longer is not ours.
    const isOurs = entry.kind === 'file' && entry.sizeBytes <= 2 * ACTIVE_FILE_BYTES_MAX;
    const bytes = isOurs ? await files.read(this.#path) : new Uint8Array(0);
    for (const query of unendedOf(new TextDecoder().decode(bytes)))
      log.warn('this query was running when the process last died', query);
    await files.remove(this.#path);
  }

  #write(line: string): void {
    if (this.#isOff) return;
    this.#writing = this.#writing
      .then(() => this.#append(line))
      .catch((error: unknown) => this.#switchOff(error));
  }

  async #append(line: string): Promise<void> {
    if (this.#isOff) return;
    const { files } = this.#deps;
    let text = line;
    if ((this.#appender?.sizeBytes ?? 0) > ACTIVE_FILE_BYTES_MAX) {
      await this.#appender?.close();
      this.#appender = undefined;
      await files.remove(this.#path);
      text = [...this.#active.values()].join('');
    }
    this.#appender ??= await files.openAppender(this.#path);
    await this.#appender.append(new TextEncoder().encode(text));
  }

  #switchOff(error: unknown): void {
    this.#isOff = true;
    this.#deps.log.warn('running queries cannot be written down: after a crash nobody knows them', {
      file: this.#path,
      error,
    });
  }
}

/** Queries that began and did not end, as fields for the log. */
function unendedOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  const begun = new Map<unknown, Readonly<Record<string, unknown>>>();
  for (const line of text.split('\n')) {
    const fields = parseLine(line);
    if (fields === undefined) continue;
    const { id, expr } = fields;
    if (typeof expr === 'string') begun.set(id, fields);
    else begun.delete(id);
  }
  return [...begun.values()].map(({ id: _id, ...fields }) => fields);
}

function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'id' in value ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
