/** One server-sent event. */
export interface ServerSentEvent {
  /** Its lines, joined with line feeds. */
  readonly data: string;
  /** The last `id` that the stream named, empty when none. */
  readonly id: string;
}

// A piece of a snapshot is 200 kB; ten times that holds any reason that people write.
export const EVENT_CHARS_MAX = 2_000_000;

/**
 * Reads a stream of server-sent events (HTML standard, 9.2.6) from chunks that end anywhere: within a character, between
 * CR and LF. `event` and `retry` are passed over: the feed uses one kind of event, and pauses are the reader's affair.
 * Throws when a line or an event passes `EVENT_CHARS_MAX`; the stream is of no use then.
 */
export class SseParser {
  readonly #onEvent: (event: ServerSentEvent) => void;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #skipsLineFeed = false;
  #data: string[] = [];
  #dataChars = 0;
  #id = '';

  constructor(onEvent: (event: ServerSentEvent) => void) {
    this.#onEvent = onEvent;
  }

  push(bytes: Uint8Array): void {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === '') return;
    // A CR at the end of the last chunk ended its line; the LF that belongs to it ends no other one.
    if (this.#skipsLineFeed && text.startsWith('\n')) text = text.slice(1);
    this.#skipsLineFeed = text.endsWith('\r');
    const lines = text.split(/\r\n|\r|\n/);
    const rest = lines.pop() ?? '';
    for (const line of lines) {
      const whole = this.#rest + line;
      this.#rest = '';
      this.#takeLine(whole);
    }
    this.#rest += rest;
    if (this.#rest.length > EVENT_CHARS_MAX) throw tooLong('a line');
  }

  #takeLine(line: string): void {
    if (line.length > EVENT_CHARS_MAX) throw tooLong('a line');
    if (line === '') return this.#endEvent();
    const colon = line.indexOf(':');
    // A line that begins with a colon is a comment: the field has no name.
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'id' && !value.includes('\0')) this.#id = value;
    if (field !== 'data') return;
    this.#data.push(value);
    this.#dataChars += value.length + 1;
    if (this.#dataChars > EVENT_CHARS_MAX) throw tooLong('an event');
  }

  #endEvent(): void {
    if (this.#data.length === 0) return;
    const data = this.#data.join('\n');
    this.#data = [];
    this.#dataChars = 0;
    this.#onEvent({ data, id: this.#id });
  }
}

function tooLong(what: string): Error {
  return new Error(
    `cannot read the feed: ${what} has more than ${EVENT_CHARS_MAX} characters (EVENT_CHARS_MAX)`,
  );
}
