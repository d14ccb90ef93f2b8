/**
 * Which way to the server is tried next. The WebSocket first. A connection that never opened is a way that is
 * blocked (or a server that is away, which looks the same): the next attempt takes the next way at once. When the
 * last one was in vain, too, the round is over: the caller waits, and begins again with the socket, so that a
 * network that has become better is noticed.
 *
 * A way that once opened is kept over losses: after a restart of the server a page that lives behind a blocking
 * proxy does not knock at the blocked door first, until its own has failed as well.
 */
export type LiveTransport = 'socket' | 'events';

const WAYS: readonly LiveTransport[] = ['socket', 'events'];

export class TransportLadder {
  #index = 0;
  #proven: LiveTransport | undefined;

  /** The way to try now. */
  get current(): LiveTransport {
    return WAYS[this.#index] ?? 'socket';
  }

  opened(): void {
    this.#proven = this.current;
  }

  /** The attempt has failed before it opened. True: there is another way to try at once. */
  failed(): boolean {
    if (this.#proven !== undefined) {
      this.#proven = undefined;
      this.#index = 0;
      return false;
    }
    this.#index = (this.#index + 1) % WAYS.length;
    return this.#index !== 0;
  }
}
