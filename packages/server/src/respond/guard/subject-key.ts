import { InputError } from '@vedette/model';
import { SUBJECT_ID_BYTES_MAX, SUBJECT_SCOPES, type SubjectKey } from '@vedette/sdk';

/** One text for scope and subject, for maps. No scope has a NUL in it, so no two subjects share one. */
export function keyOf({ scope, subject }: SubjectKey): string {
  return `${scope}\0${subject}`;
}

/** Why nothing can be decided about it; `undefined`: it can. Any text is a subject that is well-formed and not too long. */
export function findSubjectFault({ scope, subject }: SubjectKey): string | undefined {
  if (!SUBJECT_SCOPES.includes(scope))
    return `scope must be one of ${SUBJECT_SCOPES.join(', ')}; got "${String(scope).slice(0, 40)}"`;
  // A character has a byte at least: a text of a megabyte is not measured.
  const bytes = subject.length > SUBJECT_ID_BYTES_MAX ? subject.length : Buffer.byteLength(subject);
  if (bytes < 1 || bytes > SUBJECT_ID_BYTES_MAX)
    return `subject must have 1 to ${SUBJECT_ID_BYTES_MAX} bytes; got ${bytes} or more`;
  return subject.isWellFormed() ? undefined : 'subject must be valid Unicode; got half of a surrogate pair';
}

/** Throws `InputError` (VED_GUARD_INVALID). */
export function requireSubject(key: SubjectKey): void {
  const fault = findSubjectFault(key);
  if (fault !== undefined)
    throw new InputError('VED_GUARD_INVALID', `cannot decide about a subject: ${fault}`);
}

/** FNV-1a: the same number for the same text on every machine. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  // FNV leaves the low bits of similar texts alike; one round of murmur's finish spreads them.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
