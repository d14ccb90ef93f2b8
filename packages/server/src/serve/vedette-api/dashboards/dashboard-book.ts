/**
 * All dashboards as people see them: files and stored ones under one list.
 *
 * 1. A file is version 0 and read-only. Editing it stores a dashboard under its uid, which hides the file; deleting
 *    that one brings the file back.
 * 2. What is stored is Grafana's JSON as it came, but for two keys: `uid` is the one it is stored under, and `id`,
 *    which numbers the rows of somebody's database, is `null`.
 * 3. A new dashboard whose uid is taken, missing or unusable gets a new one: an import never overwrites.
 * 4. While the store cannot be read the files are shown as they are: charts are wanted most when something is down.
 */
import type { DashboardEntry, DashboardVersion, StoredDashboard } from '@vedette/api';
import { ConflictError, UnavailableError, type Random } from '@vedette/model';
import {
  assertDashboard,
  isDashboardUid,
  summaryOfDashboard,
  type DashboardFile,
  type DashboardFiles,
} from '../../../content/index.ts';
import {
  assertStoredSize,
  type DashboardHead,
  type DashboardStore,
} from '../../../store/dashboards/index.ts';

export interface DashboardBookDeps {
  readonly random: Random;
  readonly files: Pick<DashboardFiles, 'list' | 'read'>;
  readonly store: DashboardStore;
}

/** A version to be: what, by whom, and why. */
export interface DashboardDraft {
  readonly dashboard: Readonly<Record<string, unknown>>;
  readonly by: string;
  readonly message: string;
}

// Random bytes of a new uid: 16 characters of base64url, which no two of a thousand share by chance.
const UID_BYTES = 12;

export class DashboardBook {
  readonly #deps: DashboardBookDeps;

  constructor(deps: DashboardBookDeps) {
    this.#deps = deps;
  }

  /** By title. */
  async list(): Promise<readonly DashboardEntry[]> {
    const [files, heads] = await Promise.all([this.#deps.files.list(), this.#storedOnes()]);
    const stored = new Set(heads.map(({ uid }) => uid));
    const entries = [
      ...heads.map((head) => entryOfHead(head, files.has(head.uid))),
      ...[...files.values()].filter(({ uid }) => !stored.has(uid)).map(entryOfFile),
    ];
    return entries.sort((a, b) => compareText(a.title, b.title) || compareText(a.uid, b.uid));
  }

  /** `undefined`: no such dashboard, or a version that is not kept. Version 0 is the file. */
  async find(uid: string, version?: number): Promise<StoredDashboard | undefined> {
    const file = (await this.#deps.files.list()).get(uid);
    if (version === 0) return await this.#findFile(file);
    const head = await this.#findHead(uid, file !== undefined && version === undefined);
    if (version === undefined && head === undefined) return await this.#findFile(file);
    if (head === undefined) return undefined;
    const wanted = version ?? head.version;
    const dashboard = await this.#deps.store.read(uid, wanted);
    if (dashboard === undefined) return undefined;
    const entry = entryOfHead(head, file !== undefined);
    if (wanted === head.version) return { ...entry, dashboard };
    const change = (await this.#deps.store.versions(uid)).find((one) => one.version === wanted);
    if (change === undefined) return undefined;
    const { uid: _, ...summary } = summaryOfDashboard(dashboard);
    return {
      ...entry,
      ...summary,
      tags: [...summary.tags],
      version: wanted,
      updatedAtMs: change.atMs,
      updatedBy: change.by,
      dashboard,
    };
  }

  /** The newest first; `undefined`: no such dashboard. A file has none. */
  async versions(uid: string): Promise<readonly DashboardVersion[] | undefined> {
    const versions = await this.#deps.store.versions(uid);
    return versions.length > 0 || (await this.#deps.files.list()).has(uid) ? versions : undefined;
  }

  /** Rejects with `InputError` and what `DashboardStore.write` rejects with. */
  async create(draft: DashboardDraft): Promise<DashboardEntry> {
    const { uid } = draft.dashboard;
    await assertReadable(isDashboardUid(uid) ? uid : 'new', draft.dashboard);
    const isFree =
      isDashboardUid(uid) &&
      !(await this.#deps.files.list()).has(uid) &&
      (await this.#deps.store.find(uid)) === undefined;
    return entryOfHead(await this.#writeNew(isFree ? uid : undefined, draft), false);
  }

  /** The next version; `undefined`: no such dashboard. Rejects like `create`. */
  async update(uid: string, draft: DashboardDraft, ifVersion?: number): Promise<DashboardEntry | undefined> {
    await assertReadable(uid, draft.dashboard);
    const isFile = (await this.#deps.files.list()).has(uid);
    const isStored = (await this.#deps.store.find(uid)) !== undefined;
    if (!isFile && !isStored) return undefined;
    return entryOfHead(await this.#write(uid, draft, ifVersion), isFile);
  }

  /** Back to the file, or gone; false when nothing is stored under this uid. */
  remove(uid: string): Promise<boolean> {
    return this.#deps.store.remove(uid);
  }

  /** A uid that was free a moment ago can be taken meanwhile. */
  async #writeNew(uid: string | undefined, draft: DashboardDraft): Promise<DashboardHead> {
    if (uid !== undefined)
      try {
        return await this.#write(uid, draft, 0);
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
      }
    return await this.#write(this.#newUid(), draft, 0);
  }

  #write(uid: string, draft: DashboardDraft, ifVersion: number | undefined): Promise<DashboardHead> {
    const { dashboard, by, message } = draft;
    const { uid: _, ...summary } = summaryOfDashboard(dashboard);
    return this.#deps.store.write({
      uid,
      dashboard: { ...dashboard, uid, id: null },
      summary,
      by,
      message,
      ifVersion,
    });
  }

  async #storedOnes(): Promise<readonly DashboardHead[]> {
    return await this.#deps.store.list().catch(unlessUnavailable([]));
  }

  async #findHead(uid: string, isFileEnough: boolean): Promise<DashboardHead | undefined> {
    const finding = this.#deps.store.find(uid);
    return await (isFileEnough ? finding.catch(unlessUnavailable(undefined)) : finding);
  }

  async #findFile(file: DashboardFile | undefined): Promise<StoredDashboard | undefined> {
    if (file === undefined) return undefined;
    const dashboard = await this.#deps.files.read(file.uid);
    return dashboard && { ...entryOfFile(file), dashboard };
  }

  #newUid(): string {
    return Buffer.from(this.#deps.random.fill(new Uint8Array(UID_BYTES))).toString('base64url');
  }
}

function unlessUnavailable<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof UnavailableError) return instead;
    throw error;
  };
}

/** What is stored is what pages can open. The reader comes with the first that is written: most servers never ask. */
async function assertReadable(uid: string, dashboard: DashboardDraft['dashboard']): Promise<void> {
  assertDashboard(dashboard);
  // Reading takes ten times as long as counting.
  assertStoredSize(uid, dashboard);
  const { viewOfDashboard } = await import('@vedette/dashboard');
  viewOfDashboard(dashboard);
}

function entryOfFile({ uid, title, description, tags, panelCount }: DashboardFile): DashboardEntry {
  const shown = { uid, title, description, tags: [...tags], panelCount };
  return { ...shown, origin: 'shipped', version: 0, updatedAtMs: null, updatedBy: null };
}

function entryOfHead(head: DashboardHead, isFile: boolean): DashboardEntry {
  const { uid, title, description, tags, version, panelCount, atMs, by } = head;
  return {
    uid,
    title,
    description,
    tags: [...tags],
    origin: isFile ? 'edited' : 'stored',
    version,
    panelCount,
    updatedAtMs: atMs,
    updatedBy: by,
  };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
