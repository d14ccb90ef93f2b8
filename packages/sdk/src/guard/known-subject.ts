import { IpRanges, parseIp, type IpAddress } from './ip-network.ts';
import type { PendingRow } from './action-fold.ts';
import type { PolicyBook } from './policy-book.ts';
import { createPseudonymiser } from './pseudonym.ts';
import type { PseudonymKey } from './key-file.ts';
import { RecentCache } from './recent-cache.ts';
import { normalisedId } from './subject-id.ts';
import { SUBJECT_ID_BYTES_MAX, type SubjectLike, type SubjectScope } from './subject.ts';

/** How ids leave the process. */
export type GuardIds =
  | { readonly mode: 'plain' }
  | {
      readonly mode: 'pseudonym';
      /** The newest first. */
      readonly keys: readonly PseudonymKey[];
      /** Keeps the pseudonyms of several customers of one key apart. */
      readonly tenant?: string;
    };

/** All this process knows of one who acts: names, what waits to be sent, what it did lately. */
export class KnownSubject {
  readonly scope: SubjectScope;
  /** As the server knows it; the first one is sent. Addresses are also asked for in plain: proxies ban those. */
  readonly keys: readonly string[];
  readonly ip: IpAddress | undefined;
  /** By the application's own list. */
  readonly isAllowed: boolean;
  /** Owned by `DecisionReplica`. */
  clearedBy: object | undefined = undefined;
  /** Rows that still take counts, those of `foldNumber`; owned by `ActionFold`. */
  rows: PendingRow | undefined = undefined;
  foldNumber = -1;
  /** Windows of `countedFor`; owned by `PolicyBook`. */
  windows: number[] | undefined = undefined;
  countedFor: PolicyBook | undefined = undefined;

  constructor(
    scope: SubjectScope,
    names: { keys: readonly string[]; ip: IpAddress | undefined; isAllowed: boolean },
  ) {
    this.scope = scope;
    this.keys = names.keys;
    this.ip = names.ip;
    this.isAllowed = names.isAllowed;
  }
}

// About 400 bytes each, 20 MB when all are in use. A subject that fell out costs one HMAC (2 µs) when it comes back,
// and its local count begins anew: who acts often does not fall out.
export const SUBJECTS_CACHED_MAX = 50_000;

/** From what the application says to who is meant, without work for those seen lately. */
export class SubjectDirectory {
  readonly #namesOf: (id: string, scope: SubjectScope) => readonly string[];
  readonly #caches: Readonly<Record<SubjectScope, RecentCache<KnownSubject>>>;
  readonly #allowedIds: Readonly<Record<SubjectScope, Set<string>>>;
  readonly #allowedRanges = new IpRanges<true>();

  constructor(options: {
    readonly ids: GuardIds;
    readonly allow: readonly SubjectLike[];
    readonly cachedMax: number;
  }) {
    const { ids, allow, cachedMax } = options;
    this.#namesOf = ids.mode === 'plain' ? (id) => [id] : createPseudonymiser(ids.keys, ids.tenant ?? '');
    this.#caches = recordOfScopes(() => new RecentCache(cachedMax));
    this.#allowedIds = recordOfScopes(() => new Set());
    for (const subject of allow) this.#allow(subject);
  }

  /** `undefined` for what names nobody: an empty id, an unknown scope, anything but text. */
  find(subject: SubjectLike): KnownSubject | undefined {
    if (typeof subject === 'string') return this.#caches.user.find(subject) ?? this.#make(subject, 'user');
    // Applications without types hand in anything: nothing of it may throw.
    const { id, scope } = subject ?? {};
    if (typeof id !== 'string' || !Object.hasOwn(this.#caches, scope)) return undefined;
    return this.#caches[scope].find(id) ?? this.#make(id, scope);
  }

  #make(rawId: string, scope: SubjectScope): KnownSubject | undefined {
    const id = normalisedId(rawId, scope);
    if (id === undefined) return undefined;
    const cache = this.#caches[scope];
    // Other spellings of one id lead to the same subject.
    const subject = cache.find(id) ?? this.#describe(id, scope);
    cache.set(id, subject);
    // A cache of long texts would hold megabytes.
    if (rawId !== id && rawId.length <= SUBJECT_ID_BYTES_MAX) cache.set(rawId, subject);
    return subject;
  }

  #describe(id: string, scope: SubjectScope): KnownSubject {
    const ip = scope === 'ip' ? parseIp(id) : undefined;
    const names = this.#namesOf(id, scope);
    const isInAllowedRange = ip !== undefined && !this.#allowedRanges.matches(ip).next().done;
    return new KnownSubject(scope, {
      keys: ip === undefined || names.includes(id) ? names : [...names, id],
      ip,
      isAllowed: this.#allowedIds[scope].has(id) || isInAllowedRange,
    });
  }

  #allow(subject: SubjectLike): void {
    const { id: rawId, scope } =
      typeof subject === 'string' ? { id: subject, scope: 'user' as const } : subject;
    const id = normalisedId(rawId, scope);
    if (id === undefined) throw new Error(`cannot allow a subject of scope "${scope}": its id is empty`);
    if (scope === 'range' && !this.#allowedRanges.add(id, true))
      throw new Error(
        `cannot allow the network "${id}": want an address and a prefix length such as 192.0.2.0/24`,
      );
    this.#allowedIds[scope].add(id);
  }
}

function recordOfScopes<T>(make: () => T): Readonly<Record<SubjectScope, T>> {
  const [user, ip, range, session, key] = [make(), make(), make(), make(), make()];
  return { user, ip, range, session, key };
}
