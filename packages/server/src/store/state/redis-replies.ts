/** Commands and answers of the state store's scripts, as texts: see `redis-scripts.ts`. */
import { bug } from '@vedette/model';
import type { RedisReply } from '../../lib/redis-connection.ts';
import type { LogRecord } from './port.ts';
import type { StoredDocument } from './redis-watches.ts';

/** `VERSION REVISION JSON`. */
export function parseStored(key: string, text: string): StoredDocument {
  const first = text.indexOf(' ');
  const second = text.indexOf(' ', first + 1);
  return {
    key,
    version: Number(text.slice(0, first)),
    revision: Number(text.slice(first + 1, second)),
    value: JSON.parse(text.slice(second + 1)) as unknown,
  };
}

/** `[SEQ-1, [at, TIME, value, JSON]]`. */
export function logRecordOf(reply: RedisReply): LogRecord {
  const [id, fields] = arrayOf(reply);
  const [, at, , value] = arrayOf(fields ?? null);
  return {
    seq: Number.parseInt(String(id), 10),
    atMs: Number(at),
    value: JSON.parse(String(value)) as unknown,
  };
}

export function evalOf(script: string, keys: readonly string[], args: readonly string[]): readonly string[] {
  return ['EVAL', script, String(keys.length), ...keys, ...args];
}

export function arrayOf(reply: RedisReply): readonly RedisReply[] {
  return typeof reply === 'object' && reply !== null
    ? reply
    : bug(`Redis must answer with a list; got ${String(reply)}`);
}
