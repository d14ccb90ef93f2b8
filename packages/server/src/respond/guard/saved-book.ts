/** The books as documents: one per decision that holds or waits, per subject with strikes, and per policy. */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { ConflictError, UnavailableError, type Slicer } from '@vedette/model';
import type { Document, DocumentWrite, StateStore } from '../../store/state/port.ts';
import type { BookChanges, DecisionBook, PolicyCounts, SubjectAccount } from './decision-book.ts';
import type { DecisionRecord } from './decision-record.ts';
import type { ModeEvent } from './guard-event.ts';
import { keyOf } from './subject-key.ts';

const DECISIONS = 'guard_decisions';
const SUBJECTS = 'guard_subjects';
const POLICIES = 'guard_policies';
const MODES = 'guard_modes';
const STATE = 'guard_state';
const CHECKPOINT = 'checkpoint';
const SECRET = 'secret';

const SECRET_BYTES = 32;
/** Some milliseconds of SQLite's time: decisions of this moment wait behind one such call, not behind all. */
const WRITES_PER_CALL = 100;

// What is inside a decision was checked before it was written: at 100,000 of them a schema for every field would be
// half of the time to start.
const recordDocument = z.object({ decision: z.object({ id: z.string() }).loose(), seq: z.number() }).loose();
const strikes = z.object({ score: z.number(), atMs: z.number() });
const accountDocument = z.object({
  scope: z.enum(['user', 'ip', 'range', 'session', 'key']),
  subject: z.string(),
  enforced: strikes,
  shadow: strikes,
  softAllowUntilMs: z.number(),
  liftedAlerts: z.array(z.string()),
  seq: z.number(),
});
const countsDocument = z.object({
  decisionCount: z.number(),
  enforcedCount: z.number(),
  rightCount: z.number(),
  wrongCount: z.number(),
  seq: z.number(),
});
const modeDocument = z.object({ policy: z.string() }).loose();
const checkpointDocument = z.object({ seq: z.number() });
const secretDocument = z.object({ key: z.string() });

export interface SavedBookDeps {
  readonly state: StateStore;
  readonly slicer: Slicer;
}

export class SavedBook {
  readonly #deps: SavedBookDeps;
  #secret: Uint8Array = new Uint8Array();

  constructor(deps: SavedBookDeps) {
    this.#deps = deps;
  }

  /** Random bytes of this installation: they sign links, and hide subjects in keys of documents. Made on first use. */
  async loadSecret(fill: (bytes: Uint8Array) => Uint8Array): Promise<Uint8Array> {
    const { documents } = this.#deps.state;
    const saved = await documents.find(STATE, SECRET);
    if (saved !== undefined) {
      this.#secret = Buffer.from(secretDocument.parse(saved.value).key, 'base64');
      return this.#secret;
    }
    this.#secret = fill(new Uint8Array(SECRET_BYTES));
    try {
      await documents.write([{ ...this.#secretWrite(), ifVersion: 0 }]);
    } catch (error) {
      // Another server that starts at the same moment was faster: its secret is everybody's.
      if (error instanceof ConflictError) return await this.loadSecret(fill);
      throw error;
    }
    return this.#secret;
  }

  /**
   * Fills the book; returns how far in the log it is. That is read first: another server may save meanwhile, and what is
   * newer than the checkpoint does no harm, but what is older would be neither in the book nor in the tail of the log.
   */
  async load(book: DecisionBook): Promise<{ seq: number; modes: readonly ModeEvent[] }> {
    const { documents } = this.#deps.state;
    const seq = await this.checkpoint();
    for await (const { value } of this.#listInPieces(DECISIONS))
      book.restore(recordDocument.parse(value) as unknown as DecisionRecord);
    for await (const { value } of this.#listInPieces(SUBJECTS)) {
      const account = accountDocument.parse(value);
      book.accounts.set(keyOf(account), account);
    }
    for (const { key, value } of await documents.list(POLICIES))
      book.counts.set(key, countsDocument.parse(value));
    const modes = (await documents.list(MODES)).map(
      ({ value }) => modeDocument.parse(value) as unknown as ModeEvent,
    );
    return { seq, modes };
  }

  /** How far in the log that is which was saved, by whichever server. */
  async checkpoint(): Promise<number> {
    const found = await this.#deps.state.documents.find(STATE, CHECKPOINT);
    return found === undefined ? 0 : checkpointDocument.parse(found.value).seq;
  }

  /**
   * Writes what changed, then how far in the log that is. Subjects and policies go before decisions: of a decision that
   * is gone the log's later events say no more whom they were about. Throws `UnavailableError` when `isCutOff` says so of
   * the documents that are left: what was written until then is newer than the checkpoint, as after a kill.
   */
  async save(
    book: DecisionBook,
    {
      changes,
      modes,
      seq,
      isAnew,
      isCutOff,
    }: {
      changes: BookChanges;
      modes: ReadonlyMap<string, ModeEvent>;
      seq: number;
      /** Nothing that was saved before is there. */
      isAnew: boolean;
      isCutOff: (leftCount: number) => boolean;
    },
  ): Promise<void> {
    const { documents } = this.#deps.state;
    const keys = [
      ...(isAnew ? [() => this.#secretWrite()] : []),
      ...[...changes.policies].map((key) => () => writeOf(POLICIES, key, book.counts.get(key))),
      ...[...modes].map(
        ([key, mode]) =>
          () =>
            writeOf(MODES, key, mode),
      ),
      ...[...changes.subjects].map(
        (key) => () => writeOf(SUBJECTS, this.#hidden(key), book.accounts.get(key)),
      ),
      ...[...changes.decisions].map((id) => () => writeOf(DECISIONS, id, book.records.get(id))),
    ];
    // Values are taken piece by piece: what changes meanwhile is only saved earlier than it had to be.
    for (let i = 0; i < keys.length; i += WRITES_PER_CALL) {
      if (i > 0) await this.#deps.slicer.yield();
      if (isCutOff(keys.length - i))
        throw new UnavailableError(
          'VED_STATE_UNAVAILABLE',
          `cannot save the books of the guard: it stops, and ${keys.length - i} documents are left; the next start reads the log instead`,
        );
      await documents.write(keys.slice(i, i + WRITES_PER_CALL).map((write) => write()));
    }
    await documents.write([{ kind: 'put', collection: STATE, key: CHECKPOINT, value: { seq } }]);
  }

  #secretWrite(): DocumentWrite {
    const value = { key: Buffer.from(this.#secret).toString('base64') };
    return { kind: 'put', collection: STATE, key: SECRET, value };
  }

  #hidden(key: string): string {
    return createHmac('sha256', this.#secret).update(key).digest('hex');
  }

  /** Ids and hidden keys begin with hexadecimal digits: 256 short lists hold the event loop for less than one long. */
  async *#listInPieces(collection: string): AsyncIterable<Document> {
    const { state, slicer } = this.#deps;
    for (let first = 0; first < 256; first++) {
      yield* await state.documents.list(collection, first.toString(16).padStart(2, '0'));
      if (slicer.shouldYield()) await slicer.yield();
    }
  }
}

function writeOf(
  collection: string,
  key: string,
  value: DecisionRecord | SubjectAccount | PolicyCounts | ModeEvent | undefined,
): DocumentWrite {
  return value === undefined ? { kind: 'delete', collection, key } : { kind: 'put', collection, key, value };
}
