/**
 * Answers as Alertmanager's API v2 gives them. Faults that its schema finds are objects with a code; those
 * its handlers find are a bare JSON string. Clients show them to people, and tests of clients compare them.
 */
import { ExpectedError, UnavailableError, type Slicer } from '@vedette/model';
import { inSlices } from '../http/json-stream.ts';
import { parseGoJson } from './go-json.ts';
import { headerOf, type HttpAnswer, type HttpRequest } from '../http/route.ts';

/** A fault to be answered as the schema's checks would. */
export class SchemaFault extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.name = 'SchemaFault';
    this.status = status;
    this.code = code;
  }
}

/** A fault to be answered as a handler would. */
export class HandlerFault extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'HandlerFault';
    this.status = status;
  }
}

const REQUIRED = 602;
const WRONG_FORMAT = 601;
const TOO_FEW = 612;

export const required = (path: string): SchemaFault =>
  new SchemaFault(422, REQUIRED, `${path} in body is required`);

export const wrongFormat = (path: string, place: string, format: string, value: string): SchemaFault =>
  new SchemaFault(
    422,
    WRONG_FORMAT,
    `${path} in ${place} must be of type ${format}: ${JSON.stringify(value)}`,
  );

export const tooFew = (path: string): SchemaFault =>
  new SchemaFault(422, TOO_FEW, `${path} in body should have at least 1 items`);

/** JSON values end with a line feed, as Go's encoder leaves them. */
export function valueAnswer(value: unknown): HttpAnswer {
  return answerOf(200, `${JSON.stringify(value)}\n`);
}

/** A list whose entries are made one at a time, with the event loop running in between. */
export async function listAnswer(slicer: Slicer, entries: Iterable<unknown>): Promise<HttpAnswer> {
  const pieces: string[] = [];
  for await (const piece of inSlices(slicer, listPieces(entries))) pieces.push(piece);
  return answerOf(200, pieces.join(''));
}

/** Done, or not there: nothing to say beyond the status. */
export function emptyAnswer(status: number): HttpAnswer {
  return { status, headers: HEADERS };
}

function* listPieces(entries: Iterable<unknown>): Iterable<string> {
  let separator = '[';
  for (const entry of entries) {
    yield `${separator}${JSON.stringify(entry)}`;
    separator = ',';
  }
  yield separator === '[' ? '[]\n' : ']\n';
}

/** Runs a handler and spells what it throws. */
export async function answering(handle: () => Promise<HttpAnswer> | HttpAnswer): Promise<HttpAnswer> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof SchemaFault)
      return answerOf(error.status, JSON.stringify({ code: error.code, message: error.message }));
    if (error instanceof HandlerFault) return answerOf(error.status, `${JSON.stringify(error.message)}\n`);
    if (!(error instanceof ExpectedError)) throw error;
    const status = error instanceof UnavailableError ? 503 : 400;
    return answerOf(status, `${JSON.stringify(error.message)}\n`);
  }
}

/**
 * As Alertmanager's, but for `Access-Control-Allow-Origin: *`, which lets the pages of any site read alerts: requests
 * of foreign pages are refused here.
 */
const HEADERS = { vary: 'Origin', 'cache-control': 'no-store' };

function answerOf(status: number, body: string): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...HEADERS },
    body,
  };
}

/** The body as JSON. `name` stands in messages: `alerts`, `silence`. A body without a value is `undefined`. */
export function jsonBodyOf({ headers, body }: HttpRequest, name: string): unknown {
  const type = headerOf(headers, 'content-type') ?? 'application/octet-stream';
  if (body.length > 0 && !/^application\/json *(?:;|$)/i.test(type))
    throw new SchemaFault(
      415,
      415,
      `unsupported media type ${JSON.stringify(type)}, only [application/json] are allowed`,
    );
  try {
    return parseGoJson(body);
  } catch (error) {
    throw unreadable(name, error instanceof Error ? error.message : String(error));
  }
}

export function unreadable(name: string, reason: string): SchemaFault {
  return new SchemaFault(400, 400, `parsing ${name} body from "" failed, because ${reason}`);
}
