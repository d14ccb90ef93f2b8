/**
 * What a receiver declares for each path it takes data at, as data. `serve/intake` mounts them: access, limits on
 * the body as it arrives, metrics and error bodies happen there. Receivers know nothing of sockets.
 */
export interface IngestEndpoint {
  /** For metrics and messages, such as `remote-write`. */
  readonly name: string;
  readonly method: 'POST' | 'PUT' | 'GET';
  readonly path: string;
  /** Of the body as it comes over the wire, still compressed. */
  readonly bodyBytesMax: number;
  /**
   * Takes a request whose caller may write. An expected error that it throws becomes an answer: `InputError` 400
   * (VED_BODY_TOO_LARGE 413), `UnavailableError` 503 with Retry-After; a receiver with other rules answers itself.
   */
  receive(request: IngestRequest): Promise<IngestAnswer>;
}

export interface IngestRequest {
  /** Lower-case names; of a repeated header the first value. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
  /** Aborts when the client goes away or the server stops. */
  readonly signal: AbortSignal;
}

export interface IngestAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}
