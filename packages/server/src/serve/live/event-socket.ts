/**
 * A live socket made of server-sent events, for networks that let no WebSocket through. What the connection
 * sends waits here until the HTTP answer pulls it, so `bufferedBytes` counts what a slow reader has not taken,
 * and the rules of back-pressure are those of a WebSocket.
 *
 * A frame is one `data:` line: JSON has no line ends of its own. Pings are comments, which keep proxies from
 * closing a silent answer; the end is an event of its own, since HTTP has no close codes.
 */
import type { LiveSocket } from './live-connection.ts';

interface Waiting {
  readonly text: string;
  readonly onWritten: () => void;
}

export class EventSocket implements LiveSocket {
  #waiting: Waiting[] = [];
  #bufferedBytes = 0;
  #isEnding = false;
  #wake: () => void = () => undefined;
  readonly #cut = new AbortController();

  /** Aborts when the answer is to be cut off, although its reader has not taken what waits. */
  get cutSignal(): AbortSignal {
    return this.#cut.signal;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  send(text: string, onWritten: () => void): void {
    this.#push({ text: `data: ${text}\n\n`, onWritten });
  }

  ping(): void {
    this.#push({ text: ': ping\n\n', onWritten: () => undefined });
  }

  /** Clients of this transport cannot ping the socket. */
  pong(): void {
    return undefined;
  }

  close(code: number, reason: string): void {
    if (this.#isEnding) return;
    this.#push({
      text: `event: close\ndata: ${JSON.stringify({ code, reason })}\n\n`,
      onWritten: () => undefined,
    });
    this.#isEnding = true;
  }

  terminate(): void {
    this.#isEnding = true;
    this.#waiting = [];
    this.#bufferedBytes = 0;
    this.#wake();
    this.#cut.abort();
  }

  /** The texts in their order, as the reader takes them; ends after `close`. For one reader. */
  async *texts(signal: AbortSignal): AsyncGenerator<string> {
    const stop = (): void => this.terminate();
    signal.addEventListener('abort', stop, { once: true });
    try {
      // Some proxies hold an answer back until its first kilobyte; the head alone opens the connection at the client.
      yield ': vedette.live.v1\n\n';
      while (!signal.aborted) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          yield next.text;
          // The next was asked for: this one has left.
          this.#bufferedBytes -= next.text.length;
          next.onWritten();
        } else if (this.#isEnding) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #push(waiting: Waiting): void {
    if (this.#isEnding) return;
    this.#waiting.push(waiting);
    this.#bufferedBytes += waiting.text.length;
    this.#wake();
  }
}
