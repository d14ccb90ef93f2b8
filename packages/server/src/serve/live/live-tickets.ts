/**
 * Tickets: what a program that has a token, but cannot set headers on a WebSocket (a page of another tool, a
 * browser extension), shows instead. A token in an address would end up in the logs of every proxy; a ticket
 * there is worth nothing after its first use or half a minute. What it stands for is the request that asked for
 * it: who that is, is judged again at every recheck, so that a revoked token ends its sockets, too.
 */
import { LIVE_LIMITS } from '@vedette/api';
import type { Clock, Random } from '@vedette/model';
import type { HttpRequest } from '../http/route.ts';

// Each is used within 30 s; a hundred browsers that come back after a restart take a hundred.
export const TICKETS_MAX = 1000;

/** What the guard judges a connection by. */
export interface LiveAccessRequest {
  readonly method: string;
  readonly headers: HttpRequest['headers'];
  readonly remoteAddress: string;
}

export class LiveTickets {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #issued = new Map<string, { readonly request: LiveAccessRequest; readonly untilMs: number }>();

  constructor(deps: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = deps.clock;
    this.#random = deps.random;
  }

  /** `undefined`: as many as TICKETS_MAX wait to be used. */
  issue(request: LiveAccessRequest): string | undefined {
    this.#forgetExpired();
    if (this.#issued.size >= TICKETS_MAX) return undefined;
    const ticket = Buffer.from(this.#random.fill(new Uint8Array(24))).toString('base64url');
    this.#issued.set(ticket, { request, untilMs: this.#clock.monotonicMs() + LIVE_LIMITS.ticketMs });
    return ticket;
  }

  /** Whose it is, once; `undefined` for one that was used, has expired, or never was. */
  redeem(ticket: string): LiveAccessRequest | undefined {
    this.#forgetExpired();
    const found = this.#issued.get(ticket);
    this.#issued.delete(ticket);
    return found?.request;
  }

  /** All live equally long: those that expire first come first. */
  #forgetExpired(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [ticket, { untilMs }] of this.#issued) {
      if (untilMs > nowMs) return;
      this.#issued.delete(ticket);
    }
  }
}
