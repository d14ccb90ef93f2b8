/**
 * Dashboards as documents of the state store, so that they are in backups and survive restarts as all state does.
 *
 * 1. `dashboards` holds a head per uid: what lists show, and who wrote last. Lists read nothing else, since the
 *    JSON of a thousand dashboards is too much to read for their titles.
 * 2. `dashboard_history` holds who wrote the kept versions, `dashboard_versions` their JSON, a document each.
 * 3. A write puts all three in one call, which takes effect whole or not at all, on the condition that the
 *    head has not moved. What is above the limit of versions goes in the same call.
 * 4. Writes of one process wait for each other, so that the limit of dashboards holds and a write without a
 *    condition meets no conflict; across processes the condition on the head decides.
 *
 * Rejected: a log of versions. A log is read by its sequence numbers alone, and is trimmed by age: neither
 * finds version 7 of one dashboard.
 */
import { type Clock, ConflictError, ExecutionError, InputError } from '@vedette/model';
import type { Document, StateStore } from '../state/port.ts';
import type { DashboardChange, DashboardHead, DashboardStore, StoredDashboardWrite } from './port.ts';

// A document of the state store may have 1 MiB; 4 KiB of it are for what stands around the dashboard.
// The largest of 94 public dashboards has 300 kB without spaces.
export const DASHBOARD_STORED_BYTES_MAX = 1020 * 1024;

// Some weeks of daily changes; at the usual 50 kB they are 2.5 MB on disk.
export const VERSIONS_KEPT_MAX = 50;

// Large organisations have a few hundred. Lists are not paged: a thousand heads are about 300 kB.
export const DASHBOARDS_MAX = 1000;

// People save one dashboard at a time; a program that saves it without a pause is not fought for ever.
const REMOVE_ATTEMPTS_MAX = 5;

const HEADS = 'dashboards';
const HISTORY = 'dashboard_history';
const VERSIONS = 'dashboard_versions';

export class StateDashboards implements DashboardStore {
  readonly #clock: Clock;
  readonly #state: Pick<StateStore, 'documents'>;
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(deps: { readonly clock: Clock; readonly state: Pick<StateStore, 'documents'> }) {
    this.#clock = deps.clock;
    this.#state = deps.state;
  }

  async list(): Promise<readonly DashboardHead[]> {
    return (await this.#state.documents.list(HEADS)).map(headOf);
  }

  async find(uid: string): Promise<DashboardHead | undefined> {
    const document = await this.#state.documents.find(HEADS, uid);
    return document === undefined ? undefined : headOf(document);
  }

  async read(uid: string, version?: number): Promise<Readonly<Record<string, unknown>> | undefined> {
    const wanted = version ?? (await this.find(uid))?.version;
    if (wanted === undefined) return undefined;
    const document = await this.#state.documents.find(VERSIONS, versionKey(uid, wanted));
    // Only `write` puts into this collection.
    return document?.value as Readonly<Record<string, unknown>> | undefined;
  }

  async versions(uid: string): Promise<readonly DashboardChange[]> {
    return (await this.#historyOf(uid)).toReversed();
  }

  write(write: StoredDashboardWrite): Promise<DashboardHead> {
    return this.#inTurn(() => this.#writeNow(write));
  }

  remove(uid: string): Promise<boolean> {
    return this.#inTurn(async () => {
      for (let attempt = 1; ; attempt++)
        try {
          return await this.#removeNow(uid);
        } catch (error) {
          // Another process has stored a version that would be left over.
          if (!(error instanceof ConflictError) || attempt === REMOVE_ATTEMPTS_MAX) throw error;
        }
    });
  }

  async #removeNow(uid: string): Promise<boolean> {
    const { documents } = this.#state;
    const found = await documents.find(HEADS, uid);
    if (found === undefined) return false;
    const history = await this.#historyOf(uid);
    await documents.write([
      { kind: 'delete', collection: HEADS, key: uid, ifVersion: found.version },
      { kind: 'delete', collection: HISTORY, key: uid },
      ...history.map(({ version }) => deletionOf(uid, version)),
    ]);
    return true;
  }

  async #writeNow(write: StoredDashboardWrite): Promise<DashboardHead> {
    const { uid, dashboard, summary, by, message, ifVersion } = write;
    const { documents } = this.#state;
    assertStoredSize(uid, dashboard);
    const found = await documents.find(HEADS, uid);
    const newest = found === undefined ? 0 : headOf(found).version;
    if (ifVersion !== undefined && ifVersion !== newest) throw conflictOf(uid, newest, ifVersion);
    if (found === undefined) await this.#assertRoom(uid);
    const change = { version: newest + 1, atMs: this.#clock.nowMs(), by, message };
    const head: DashboardHead = { uid, ...summary, ...change };
    const history = [...(await this.#historyOf(uid)), change];
    const dropped = history.splice(0, Math.max(0, history.length - VERSIONS_KEPT_MAX));
    await documents.write([
      { kind: 'put', collection: HEADS, key: uid, value: head, ifVersion: found?.version ?? 0 },
      { kind: 'put', collection: HISTORY, key: uid, value: history },
      { kind: 'put', collection: VERSIONS, key: versionKey(uid, change.version), value: dashboard },
      ...dropped.map(({ version }) => deletionOf(uid, version)),
    ]);
    return head;
  }

  async #historyOf(uid: string): Promise<readonly DashboardChange[]> {
    const document = await this.#state.documents.find(HISTORY, uid);
    // Only `write` puts into this collection.
    return (document?.value ?? []) as readonly DashboardChange[];
  }

  async #assertRoom(uid: string): Promise<void> {
    const count = (await this.#state.documents.list(HEADS)).length;
    if (count < DASHBOARDS_MAX) return;
    throw new ExecutionError(
      'VED_DASHBOARD_LIMIT',
      `cannot store dashboard "${uid}": there are ${count} of them, DASHBOARDS_MAX is ${DASHBOARDS_MAX}; delete those that nobody opens`,
    );
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#lastWrite.then(run);
    this.#lastWrite = result.catch(() => undefined);
    return result;
  }
}

/** Only `write` puts into this collection. */
function headOf({ value }: Document): DashboardHead {
  return value as DashboardHead;
}

function versionKey(uid: string, version: number): string {
  return `${uid}/${version}`;
}

function deletionOf(uid: string, version: number) {
  return { kind: 'delete', collection: VERSIONS, key: versionKey(uid, version) } as const;
}

/** Throws `InputError` (VED_DASHBOARD_TOO_LARGE), as `write` does; for those who would do more with it first. */
export function assertStoredSize(uid: string, dashboard: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(dashboard));
  if (bytes <= DASHBOARD_STORED_BYTES_MAX) return;
  throw new InputError(
    'VED_DASHBOARD_TOO_LARGE',
    `cannot store dashboard "${uid}": it has ${bytes} bytes without spaces, DASHBOARD_STORED_BYTES_MAX is ${DASHBOARD_STORED_BYTES_MAX}; split it, or take embedded pictures out of its texts`,
  );
}

function conflictOf(uid: string, newest: number, wanted: number): ConflictError {
  return new ConflictError(
    'VED_STATE_CONFLICT',
    `cannot store dashboard "${uid}": somebody else changed it; its newest version is ${newest}, yours began at ${wanted}; load it again`,
  );
}
