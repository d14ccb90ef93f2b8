import type { LiveDecision } from './wire.ts';

/**
 * 32 bits of one decision, FNV-1a over `scope NUL subject NUL id NUL until`. The digest of a replica is the XOR over
 * all it holds, which can be kept up to date one decision at a time, in any order.
 */
export function digestOf({ scope, subject, id, untilMs }: LiveDecision): number {
  const text = `${scope}\0${subject}\0${id}\0${untilMs ?? ''}`;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
