import { createHash } from 'node:crypto';

/** 128 bits of SHA-256 in hexadecimal: a document key for names that are too long for one. */
export function shortHashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
