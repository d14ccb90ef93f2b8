/**
 * A cookie that says: from this browser that account has signed in before. Guesses from elsewhere, however many, then do
 * not keep its owner out, because attempts with a mark are counted by the mark. It opens nothing by itself. Signed with a
 * key that lives in the state store, so that it survives restarts and holds on every replica.
 */
import { createHmac } from 'node:crypto';
import type { Random } from '@vedette/model';
import { isSameSecret } from '../../../lib/secret.ts';
import { keyOf } from './account-book.ts';

export const BROWSER_COOKIE = 'vedette_browser';

// People come back after holidays; a year is what browsers keep at most.
export const BROWSER_MARK_MS = 365 * 86_400_000;

export class BrowserMarks {
  readonly #random: Random;
  readonly #key: () => Uint8Array;

  constructor(random: Random, key: () => Uint8Array) {
    this.#random = random;
    this.#key = key;
  }

  create(account: string): string {
    const id = Buffer.from(this.#random.fill(new Uint8Array(16))).toString('base64url');
    return `${id}.${this.#sign(id, account)}`;
  }

  /** The id of a mark of this account; `undefined` for anything else. */
  idOf(cookieValue: string | undefined, account: string): string | undefined {
    const [id = '', signature = ''] = (cookieValue ?? '').split('.');
    return isSameSecret(signature, this.#sign(id, account)) ? id : undefined;
  }

  #sign(id: string, account: string): string {
    return createHmac('sha256', this.#key())
      .update(`browser\n${id}\n${keyOf(account)}`)
      .digest('base64url');
  }
}
