/**
 * Reports in the state store: each a document of its own, beside a short entry of the index, which is held in memory. Both
 * are written at once, and so goes what is too old or too much. What is removed elsewhere, at a privacy request say,
 * leaves the index by the store's change feed.
 */
import { analysisReport, priority, type AnalysisReport, type AnalysisSummary } from '@vedette/api';
import { ConflictError, type Clock } from '@vedette/model';
import { z } from 'zod';
import type { DocumentWrite, StateStore } from '../../store/state/port.ts';

const REPORTS = 'agent_reports';
const INDEX = 'agent_report_index';

// Of 20 to 60 kB each: 30 MB at most, and months of what a team looks at again.
export const REPORTS_MAX = 500;

// How a case went on, from minute to minute at first; who asks for more pushes out its own oldest, not those of others.
export const REPORTS_PER_ALERT_MAX = 20;

// A review looks back a month.
export const REPORT_AGE_MS_MAX = 30 * 86_400_000;

// One write has at most 500 documents, two a report; a surplus beyond that goes with the next one.
const REMOVED_AT_ONCE_MAX = 100;

const indexEntry = z.object({
  id: z.string(),
  fingerprint: z.string(),
  fingerprints: z.array(z.string()),
  name: z.string(),
  priority,
  headline: z.string(),
  createdAtMs: z.number(),
  startsAtMs: z.number(),
  kind: z.enum(['alert', 'group']),
});
export type IndexEntry = z.infer<typeof indexEntry>;

export class ReportStore {
  readonly #clock: Clock;
  readonly #documents: StateStore['documents'];
  readonly #byId = new Map<string, IndexEntry>();
  /** By fingerprint, of all entries; made when it is asked for, and again after a change. */
  #byAlert: ReadonlyMap<string, readonly IndexEntry[]> | undefined;
  readonly #unwatch: () => void;
  /** Reads and writes under way, and what went meanwhile: their end must not bring it back. */
  #underWay = 0;
  readonly #gone = new Set<string>();

  private constructor(deps: ReportStoreDeps) {
    this.#clock = deps.clock;
    this.#documents = deps.state.documents;
    this.#unwatch = this.#documents.watch(INDEX, (change) => {
      const entry = change.kind === 'put' ? indexEntry.safeParse(change.value) : undefined;
      if (entry?.success === true) this.#note(entry.data);
      else this.#drop(change.key);
    });
  }

  static async open(deps: ReportStoreDeps): Promise<ReportStore> {
    const store = new ReportStore(deps);
    try {
      await store.#noteAfter(async () => {
        const entries = await deps.state.documents.list(INDEX);
        return entries.flatMap(({ value }) => indexEntry.safeParse(value).data ?? []);
      });
    } catch (error) {
      store.close();
      throw error;
    }
    return store;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The newest first; those of the future, which a clock that was set back leaves, are the oldest. */
  recent(limit: number): readonly AnalysisSummary[] {
    return this.#sorted([...this.#byId.values()])
      .slice(0, limit)
      .map(({ id, fingerprint, name, priority: p, headline, createdAtMs }) => ({
        id,
        fingerprint,
        name,
        priority: p,
        headline,
        createdAtMs,
      }));
  }

  /** The newest entry about an alert; one of the future only where there is no other. */
  newest(fingerprint: string): IndexEntry | undefined {
    this.#byAlert ??= this.#entriesByAlert();
    return this.#sorted(this.#byAlert.get(fingerprint) ?? [])[0];
  }

  /** `undefined`: there is none, or it was written by another version that has another form. */
  async find(id: string): Promise<AnalysisReport | undefined> {
    if (!this.#byId.has(id)) return undefined;
    const found = analysisReport.safeParse((await this.#documents.find(REPORTS, id))?.value);
    return found.success ? found.data : undefined;
  }

  async save(report: AnalysisReport): Promise<void> {
    const { id } = report;
    const entry = entryOf(report);
    await this.#noteAfter(async () => {
      await this.#documents.write([
        { kind: 'put', collection: REPORTS, key: id, value: report },
        { kind: 'put', collection: INDEX, key: id, value: entry },
        ...this.#surplus(entry).flatMap(deletesOf),
      ]);
      return [entry];
    });
  }

  /** Adds to a report that is still kept; `false`: it was removed meanwhile, or another server has added to it. */
  async replace(report: AnalysisReport): Promise<boolean> {
    const { id } = report;
    const ifVersion = this.#byId.has(id) ? (await this.#documents.find(REPORTS, id))?.version : undefined;
    if (ifVersion === undefined) return false;
    try {
      await this.#documents.write([{ kind: 'put', collection: REPORTS, key: id, value: report, ifVersion }]);
      return true;
    } catch (error) {
      if (error instanceof ConflictError) return false;
      throw error;
    }
  }

  async forget(speaks: (value: unknown) => boolean): Promise<void> {
    const gone: string[] = [];
    for (const { key, value } of await this.#documents.list(REPORTS)) if (speaks(value)) gone.push(key);
    while (gone.length > 0) {
      const some = gone.splice(0, REMOVED_AT_ONCE_MAX);
      await this.#documents.write(some.flatMap(deletesOf));
      for (const id of some) this.#drop(id);
    }
  }

  close(): void {
    this.#unwatch();
  }

  async #noteAfter(task: () => Promise<readonly IndexEntry[]>): Promise<void> {
    this.#underWay++;
    try {
      for (const entry of await task()) if (!this.#gone.has(entry.id)) this.#note(entry);
    } finally {
      if (--this.#underWay === 0) this.#gone.clear();
    }
  }

  #note(entry: IndexEntry): void {
    this.#byId.set(entry.id, entry);
    this.#byAlert = undefined;
  }

  #drop(id: string): void {
    if (this.#underWay > 0) this.#gone.add(id);
    if (this.#byId.delete(id)) this.#byAlert = undefined;
  }

  #entriesByAlert(): ReadonlyMap<string, readonly IndexEntry[]> {
    const byAlert = new Map<string, IndexEntry[]>();
    for (const entry of this.#byId.values())
      for (const fingerprint of entry.fingerprints) {
        const own = byAlert.get(fingerprint);
        if (own === undefined) byAlert.set(fingerprint, [entry]);
        else own.push(entry);
      }
    return byAlert;
  }

  #sorted(entries: readonly IndexEntry[]): IndexEntry[] {
    const nowMs = this.#clock.nowMs();
    const isOfFuture = ({ createdAtMs }: IndexEntry): number => (createdAtMs > nowMs ? 1 : 0);
    return entries.toSorted(
      (a, b) => isOfFuture(a) - isOfFuture(b) || b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1),
    );
  }

  /** What is too old, the oldest of the same alert beyond its limit, and the oldest of all, with one more. */
  #surplus(added: IndexEntry): readonly string[] {
    const oldestMs = this.#clock.nowMs() - REPORT_AGE_MS_MAX;
    let ofAlert = 1;
    return this.#sorted([...this.#byId.values()])
      .filter(({ id }) => id !== added.id)
      .filter(({ createdAtMs, fingerprint }, i) => {
        if (fingerprint === added.fingerprint) ofAlert++;
        const isOver = fingerprint === added.fingerprint && ofAlert > REPORTS_PER_ALERT_MAX;
        return isOver || i >= REPORTS_MAX - 1 || createdAtMs < oldestMs;
      })
      .slice(-REMOVED_AT_ONCE_MAX)
      .map((entry) => entry.id);
  }
}

export interface ReportStoreDeps {
  readonly clock: Clock;
  readonly state: Pick<StateStore, 'documents'>;
}

function deletesOf(key: string): readonly DocumentWrite[] {
  return [REPORTS, INDEX].map((collection) => ({ kind: 'delete', collection, key }));
}

function entryOf({ id, subject, severity, headline, createdAtMs }: AnalysisReport): IndexEntry {
  const { fingerprint, fingerprints, name, startsAtMs, kind } = subject;
  const level = severity.priority;
  return { id, fingerprint, fingerprints, name, priority: level, headline, createdAtMs, startsAtMs, kind };
}
