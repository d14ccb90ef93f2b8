import type { LiveSocket, SocketEvents } from './live-client.ts';

/**
 * The live protocol without a WebSocket: what the server says comes as server-sent events, what we say leaves as
 * POSTs. Messages keep their order: one POST is on its way at a time, and what is said meanwhile goes with the next.
 *
 * Read with `fetch` and not with `EventSource`: that one hides the status (who is signed out must not try again for
 * ever) and reconnects by itself, which is the client's business.
 */
export interface EventSocketDeps {
  readonly fetch: typeof fetch;
  /** Full addresses; `c` is added. */
  readonly eventsUrl: string;
  readonly messagesUrl: string;
  /** A secret name for this connection, 22 letters or more. */
  readonly connectionId: string;
}

/** Nobody said why: as a WebSocket has it when the network breaks. */
const CLOSED_ABNORMALLY = 1006;

/** Of one POST; the server's `messagesPerPostMax`. */
const MESSAGES_MAX = 64;

const CODE_BY_STATUS: Readonly<Record<number, number>> = { 401: 4401, 403: 4403 };

/** Why the server refuses. A proxy that blocks says 403, too, in words of its own: that is a network, not a refusal. */
function codeOfAnswer(answer: Response | undefined): number {
  const isOurs = answer?.headers.get('content-type')?.startsWith('application/json') === true;
  return (isOurs ? CODE_BY_STATUS[answer.status] : undefined) ?? CLOSED_ABNORMALLY;
}

export function openEventSocket(deps: EventSocketDeps, events: SocketEvents): LiveSocket {
  const stop = new AbortController();
  const query = `?c=${encodeURIComponent(deps.connectionId)}`;
  const waiting: string[] = [];
  let isPosting = false;
  let isOver = false;
  const end = (code: number): void => {
    if (isOver) return;
    isOver = true;
    stop.abort();
    events.onClose(code);
  };
  const post = async (): Promise<void> => {
    isPosting = true;
    while (waiting.length > 0 && !isOver) {
      const body = `[${waiting.splice(0, MESSAGES_MAX).join(',')}]`;
      const headers = { 'content-type': 'application/json' };
      const sent = await deps
        .fetch(deps.messagesUrl + query, { method: 'POST', headers, body, signal: stop.signal })
        .catch(() => undefined);
      if (sent?.ok !== true) end(codeOfAnswer(sent));
    }
    isPosting = false;
  };
  const read = async (): Promise<number> => {
    const answer = await deps.fetch(deps.eventsUrl + query, {
      headers: { accept: 'text/event-stream' },
      signal: stop.signal,
    });
    if (!answer.ok || answer.body === null) return codeOfAnswer(answer);
    return await readEvents(answer.body, {
      onOpen: () => (isOver ? undefined : events.onOpen()),
      onMessage: (text) => (isOver ? undefined : events.onMessage(text)),
    });
  };
  void read().then(end, () => end(CLOSED_ABNORMALLY));
  return {
    send: (text) => {
      waiting.push(text);
      // In a turn of its own: what a page says at once leaves together.
      if (!isPosting) {
        isPosting = true;
        queueMicrotask(() => void post());
      }
    },
    close: () => {
      isOver = true;
      stop.abort();
    },
  };
}

/** Hands out messages until the end; returns the close code. */
async function readEvents(
  body: ReadableStream<Uint8Array>,
  events: Pick<SocketEvents, 'onOpen' | 'onMessage'>,
): Promise<number> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let isOpen = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return CLOSED_ABNORMALLY;
    text += decoder.decode(value, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    // A proxy that gathers answers sends the head, and nothing more: open is what has said something.
    if (blocks.length > 0 && !isOpen) {
      isOpen = true;
      events.onOpen();
    }
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event === undefined) continue;
      if (event.name === 'close') return codeOf(event.data);
      events.onMessage(event.data);
    }
  }
}

/** Of our own server: one `data:` line, and `event:` at the end only. Comments are signs of life of the transport. */
function parseEvent(block: string): { readonly name: string; readonly data: string } | undefined {
  const lines = block.split('\n');
  const field = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const data = field('data');
  return data === undefined ? undefined : { name: field('event') ?? 'message', data };
}

function codeOf(data: string): number {
  try {
    const { code } = JSON.parse(data) as { code?: unknown };
    return typeof code === 'number' ? code : CLOSED_ABNORMALLY;
  } catch {
    return CLOSED_ABNORMALLY;
  }
}
