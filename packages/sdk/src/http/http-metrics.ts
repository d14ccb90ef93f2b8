/**
 * Counts the requests of Node's HTTP servers without touching them.
 *
 * 1. Node says on two diagnostics channels when the head of a request is there and when its answer left. Both carry
 *    request, response and socket.
 * 2. What is under way hangs on its connection, for the socket is the one thing that surely tells its end. When a
 *    client goes, or a handler destroys the response, nothing is said on the channels, and of the answers that wait
 *    behind another (pipelining) Node closes none: the close of the socket ends them all. One listener a connection.
 * 3. The route is named by the framework's adapter (`nameRoute`), as a template; who names none is `unknown`. A raw
 *    path never becomes a label.
 * 4. Sizes are what the connection read and wrote since the last answer, head and body, as nginx counts
 *    `$request_length` and `$bytes_sent`: true for chunked and compressed bodies, and no header is parsed for it.
 *
 * An aborted request has the status that was sent, or 499 (nginx's "client closed request") when none was.
 *
 * Limits: a body that is still coming when its answer leaves is counted with the next request of the connection, and
 * so are pipelined ones with the first of them. HTTP/2 is not told on these channels, neither are requests that a
 * framework injects into itself. Rejected: patching `http.Server.emit` (what costs others 30 to 70 µs, and breaks
 * when two do it), a listener per response (a microsecond each, and none is called for answers that wait).
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { MetricsRegistry } from '../metrics/instruments.ts';
import { systemClock, type SdkClock } from '../system/system.ts';
import { RequestMeter, type RequestMeterOptions } from './request-meter.ts';

export interface HttpMetricsOptions extends RequestMeterOptions {
  /** Names what no adapter named; asked when the answer has left. A template, never a path. One that throws counts as `unknown`. */
  readonly routeOf?: RouteOf;
  /** Which requests of this process' servers are counted; default all. One that throws says yes. */
  readonly accepts?: (request: IncomingMessage) => boolean;
  readonly clock?: Pick<SdkClock, 'monotonicMs'>;
}

/** The template by which a request was routed; `undefined` where there is none. */
export type RouteOf = (request: IncomingMessage) => string | undefined;

/** What servers of this process are asked, as metrics. */
export interface HttpMetrics {
  /**
   * Names the route of a request under way; the last name wins. A function is called when the answer has left.
   * Returns false when the request is not followed here: not from Node's server, or not accepted.
   */
  nameRoute(request: IncomingMessage, route: string | RouteOf): boolean;
  /** Begins a request that comes from elsewhere, such as a `fetch` handler. */
  begin(method: string): HttpExchange;
  /** Follows no further request. Twice is safe. */
  close(): void;
}

/** A request under way. */
export interface HttpExchange {
  /** Ends it; a second time does nothing. */
  end(outcome: {
    readonly route: string | undefined;
    readonly status: number;
    readonly requestBytes?: number | undefined;
    readonly responseBytes?: number | undefined;
  }): void;
}

/** Follows every HTTP server of this process. At most one for each registry. */
export function createHttpMetrics(registry: MetricsRegistry, options: HttpMetricsOptions = {}): HttpMetrics {
  return new ServerFollower(new RequestMeter(registry, options), options);
}

/** The status of a request that nothing was answered to. */
export const STATUS_ABORTED = 499;

interface StartMessage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

interface OpenRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly startMs: number;
  route: string | RouteOf | undefined;
}

/** Requests of one socket that are under way: one, or several with pipelining. */
interface Connection {
  readonly open: OpenRequest[];
  /** What the socket had read and written when the last request ended. */
  bytesRead: number;
  bytesWritten: number;
}

const START = 'http.server.request.start';
const FINISH = 'http.server.response.finish';

class ServerFollower implements HttpMetrics {
  readonly #meter: RequestMeter;
  readonly #clock: Pick<SdkClock, 'monotonicMs'>;
  readonly #routeOf: RouteOf | undefined;
  readonly #accepts: ((request: IncomingMessage) => boolean) | undefined;
  readonly #connections = new WeakMap<Socket, Connection>();
  #openCount = 0;
  #isClosed = false;
  // The channels hand out `unknown`; what Node publishes on them is documented.
  readonly #onStart = (message: unknown): void => this.#start(message as StartMessage);
  readonly #onFinish = (message: unknown): void => this.#finish(message as StartMessage);

  constructor(meter: RequestMeter, { clock = systemClock, routeOf, accepts }: HttpMetricsOptions) {
    this.#meter = meter;
    this.#clock = clock;
    this.#routeOf = routeOf;
    this.#accepts = accepts;
    subscribe(START, this.#onStart);
    subscribe(FINISH, this.#onFinish);
  }

  nameRoute(request: IncomingMessage, route: string | RouteOf): boolean {
    const open = this.#connections.get(request.socket)?.open.find((one) => one.request === request);
    if (open === undefined) return false;
    open.route = route;
    return true;
  }

  begin(method: string): HttpExchange {
    const startMs = this.#clock.monotonicMs();
    let isOpen = true;
    this.#meter.begin();
    return {
      end: ({ route, status, requestBytes, responseBytes }) => {
        if (!isOpen) return;
        isOpen = false;
        const durationMs = this.#clock.monotonicMs() - startMs;
        const isAborted = status === STATUS_ABORTED;
        this.#meter.end({ method, route, status, durationMs, requestBytes, responseBytes, isAborted });
      },
    };
  }

  /** What is under way ends as ever. */
  close(): void {
    this.#isClosed = true;
    unsubscribe(START, this.#onStart);
    this.#leaveWhenDone();
  }

  #leaveWhenDone(): void {
    if (this.#isClosed && this.#openCount === 0) unsubscribe(FINISH, this.#onFinish);
  }

  #start({ request, response, socket }: StartMessage): void {
    const connection = this.#connections.get(socket) ?? this.#follow(socket);
    if (this.#accepts !== undefined && !isAccepted(this.#accepts, request)) return;
    this.#openCount++;
    connection.open.push({ request, response, startMs: this.#clock.monotonicMs(), route: undefined });
    this.#meter.begin();
  }

  #follow(socket: Socket): Connection {
    const connection: Connection = { open: [], bytesRead: 0, bytesWritten: 0 };
    this.#connections.set(socket, connection);
    socket.once('close', () => {
      for (const one of connection.open.splice(0)) {
        const status = one.response.headersSent ? one.response.statusCode : STATUS_ABORTED;
        this.#end(one, connection, socket, { status, isAborted: true });
      }
    });
    return connection;
  }

  #finish({ request, response, socket }: StartMessage): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    const at = connection.open.findIndex((one) => one.request === request);
    const one = connection.open[at];
    if (one === undefined) {
      // Not accepted: its bytes are not the next one's.
      connection.bytesRead = socket.bytesRead;
      connection.bytesWritten = socket.bytesWritten;
      return;
    }
    connection.open.splice(at, 1);
    this.#end(one, connection, socket, { status: response.statusCode, isAborted: false });
  }

  #end(
    one: OpenRequest,
    connection: Connection,
    socket: Socket,
    { status, isAborted }: { readonly status: number; readonly isAborted: boolean },
  ): void {
    const { bytesRead, bytesWritten } = socket;
    this.#meter.end({
      method: one.request.method ?? '',
      route: routeOf(one, this.#routeOf),
      status,
      durationMs: this.#clock.monotonicMs() - one.startMs,
      requestBytes: bytesRead - connection.bytesRead,
      responseBytes: bytesWritten - connection.bytesWritten,
      isAborted,
    });
    connection.bytesRead = bytesRead;
    connection.bytesWritten = bytesWritten;
    this.#openCount--;
    this.#leaveWhenDone();
  }
}

/** An error here would be thrown into the server by the channel: it must not leave. */
function isAccepted(accepts: (request: IncomingMessage) => boolean, request: IncomingMessage): boolean {
  try {
    return accepts(request);
  } catch {
    return true;
  }
}

function routeOf({ request, route }: OpenRequest, fallback: RouteOf | undefined): string | undefined {
  const named = route ?? fallback;
  if (typeof named !== 'function') return named;
  try {
    const found: unknown = named(request);
    return typeof found === 'string' ? found : undefined;
  } catch {
    return undefined;
  }
}
