import type { ServerResponse } from 'node:http';
import type { Refusal } from './refusal.ts';

/** Answers with a refusal, unless an answer has begun. */
export function writeRefusal(method: string | undefined, response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent) return;
  response.statusCode = refusal.status;
  for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
  response.end(method === 'HEAD' ? undefined : refusal.body);
}

/** Calls `task` once the answer has left or the connection went: with its status, or `undefined` for the latter. */
export function whenAnswered(response: ServerResponse, task: (status: number | undefined) => void): void {
  response.once('close', () => task(response.writableFinished ? response.statusCode : undefined));
}
