/**
 * Reports in the state store: each a document of its own, beside a short entry of the index, which is held in memory. Both
 * are written at once, and so goes what is too old or too much. What is removed elsewhere, at a privacy request say,
 * leaves the index by the store's change feed.
 */
import { analysisReport, priority, type AnalysisReport } from '@vedette/api';
import type { Clock } from '@vedette/model';
import { z } from 'zod';
import type { DocumentWrite, StateStore } from '../../store/state/port.ts';
import type { ReportSummary } from './port.ts';

const REPORTS = 'agent_reports';
const INDEX = 'agent_report_index';

// Of 20 to 60 kB each: 30 MB at most, and months of what a team looks at again.
export const REPORTS_MAX = 500;

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
  readonly #unwatch: () => void;

  private constructor(deps: ReportStoreDeps) {
    this.#clock = deps.clock;
    this.#documents = deps.state.documents;
    this.#unwatch = this.#documents.watch(INDEX, (change) => {
      const entry = change.kind === 'put' ? indexEntry.safeParse(change.value) : undefined;
      if (entry?.success === true) this.#byId.set(change.key, entry.data);
      else this.#byId.delete(change.key);
    });
  }

  static async open(deps: ReportStoreDeps): Promise<ReportStore> {
    const store = new ReportStore(deps);
    for (const { key, value } of await deps.state.documents.list(INDEX)) {
      const entry = indexEntry.safeParse(value);
      if (entry.success) store.#byId.set(key, entry.data);
    }
    return store;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The newest first. */
  recent(limit: number): readonly ReportSummary[] {
    return this.#sorted()
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

  /** The newest entry about an alert. */
  newest(fingerprint: string): IndexEntry | undefined {
    let newest: IndexEntry | undefined;
    for (const entry of this.#byId.values()) {
      if (!entry.fingerprints.includes(fingerprint)) continue;
      if (newest === undefined || entry.createdAtMs > newest.createdAtMs) newest = entry;
    }
    return newest;
  }

  /** `undefined`: there is none, or it was written by another version that has another form. */
  async find(id: string): Promise<AnalysisReport | undefined> {
    if (!this.#byId.has(id)) return undefined;
    const found = analysisReport.safeParse((await this.#documents.find(REPORTS, id))?.value);
    return found.success ? found.data : undefined;
  }

  async save(report: AnalysisReport): Promise<void> {
    const { id } = report;
    await this.#documents.write([
      { kind: 'put', collection: REPORTS, key: id, value: report },
      { kind: 'put', collection: INDEX, key: id, value: entryOf(report) },
      ...this.#surplus(id).flatMap(deletesOf),
    ]);
    this.#byId.set(id, entryOf(report));
  }

  /** Adds to a report that is still kept; `false`: it was removed meanwhile. */
  async replace(report: AnalysisReport): Promise<boolean> {
    if (!this.#byId.has(report.id)) return false;
    await this.#documents.write([{ kind: 'put', collection: REPORTS, key: report.id, value: report }]);
    return true;
  }

  async forget(speaks: (value: unknown) => boolean): Promise<void> {
    const gone: string[] = [];
    for (const { key, value } of await this.#documents.list(REPORTS)) if (speaks(value)) gone.push(key);
    while (gone.length > 0) {
      const some = gone.splice(0, REMOVED_AT_ONCE_MAX);
      await this.#documents.write(some.flatMap(deletesOf));
      for (const id of some) this.#byId.delete(id);
    }
  }

  close(): void {
    this.#unwatch();
  }

  #sorted(): IndexEntry[] {
    return [...this.#byId.values()].sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1));
  }

  /** What is too old, and the oldest beyond the limit with one more. */
  #surplus(id: string): readonly string[] {
    const oldestMs = this.#clock.nowMs() - REPORT_AGE_MS_MAX;
    const others = this.#sorted().filter((entry) => entry.id !== id);
    return others
      .filter(({ createdAtMs }, i) => i >= REPORTS_MAX - 1 || createdAtMs < oldestMs)
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
