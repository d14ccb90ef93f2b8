/**
 * The one-time link that makes the first account: whoever can read the server's stderr, or write in its data directory,
 * owns the server. The key is 32 random bytes; it counts for `SETUP_LINK_MS`, once, and only while there is no account.
 * It stands behind `#` in the address, where neither proxies nor logs see it.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Clock, Random } from '@vedette/model';
import { z } from 'zod';
import type { DocumentStore } from '../../../store/state/port.ts';
import { AuthError } from '../auth-error.ts';
import { digestOf } from '../credentials.ts';

// Long enough to open a browser on another machine, short enough for what stands in a terminal's history.
export const SETUP_LINK_MS = 10 * 60_000;

const KEY_BYTES = 32;

const COLLECTION = 'account_setup';
const KEY = 'link';

const storedLink = z.object({ digest: z.string(), untilMs: z.number() });

interface Link {
  readonly digest: Buffer;
  readonly untilMs: number;
}

export interface SetupLinkDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly documents: Pick<DocumentStore, 'find' | 'write'> | undefined;
}

export class SetupLink {
  readonly #deps: SetupLinkDeps;
  #links: readonly Link[] = [];

  constructor(deps: SetupLinkDeps) {
    this.#deps = deps;
  }

  /** Takes over what `vedette account setup-link` left for this start. */
  async load(): Promise<void> {
    const stored = storedLink.safeParse((await this.#deps.documents?.find(COLLECTION, KEY))?.value);
    if (!stored.success) return;
    await this.#deps.documents?.write([{ kind: 'delete', collection: COLLECTION, key: KEY }]);
    this.#add(Buffer.from(stored.data.digest, 'base64url'), stored.data.untilMs);
  }

  /** A new key; the one before goes on counting for its time. */
  create(): string {
    const key = newKey(this.#deps);
    this.#add(digestOf(key), this.#deps.clock.nowMs() + SETUP_LINK_MS);
    return key;
  }

  /** Spends the key. Throws `AuthError` unless it is right, fresh and not spent; gives back the way to undo it. */
  spend(key: string): () => void {
    const digest = digestOf(key);
    const nowMs = this.#deps.clock.nowMs();
    let found: Link | undefined;
    for (const link of this.#links)
      if (timingSafeEqual(link.digest, digest) && link.untilMs > nowMs) found = link;
    if (found === undefined)
      throw new AuthError(
        403,
        `cannot set up: the link is wrong, was used already, or is older than ${SETUP_LINK_MS / 60_000} minutes; restart the server, or send it SIGHUP, for a new one`,
      );
    const spent = found;
    this.#links = this.#links.filter((link) => link !== spent);
    return () => (this.#links = [...this.#links, spent]);
  }

  #add(digest: Buffer, untilMs: number): void {
    this.#links = [...this.#links.slice(1 - LINKS_MAX), { digest, untilMs }];
  }
}

// The one of the command line and the two that were printed last.
const LINKS_MAX = 3;

/** Leaves a link for the next start of the server, for the command line. Resolves with its key. */
export async function leaveSetupLink(
  deps: SetupLinkDeps & { readonly documents: Pick<DocumentStore, 'write'> },
): Promise<string> {
  const key = newKey(deps);
  const value = {
    digest: digestOf(key).toString('base64url'),
    untilMs: deps.clock.nowMs() + SETUP_LINK_MS,
  };
  await deps.documents.write([{ kind: 'put', collection: COLLECTION, key: KEY, value }]);
  return key;
}

function newKey({ random }: SetupLinkDeps): string {
  return Buffer.from(random.fill(new Uint8Array(KEY_BYTES))).toString('base64url');
}
