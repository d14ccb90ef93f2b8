/** Subjects as people, proxies and scripts write them: checked, and in the one spelling that applications use. */
import { normalisedId, SUBJECT_ID_BYTES_MAX, type SubjectKey } from '@vedette/sdk';
import { findIpRange, formatIpRange } from './ip-range.ts';

export type SubjectReading =
  | { readonly kind: 'subject'; readonly key: SubjectKey }
  | { readonly kind: 'fault'; readonly reason: string };

/** A network that is none stays as it is written: nothing holds for it. */
export function readSubject(scope: SubjectKey['scope'], text: string): SubjectReading {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > SUBJECT_ID_BYTES_MAX)
    return fault(`must have at most ${SUBJECT_ID_BYTES_MAX} bytes; got ${sizeBytes}`);
  if (!text.isWellFormed()) return fault('must be text in Unicode');
  const subject = normalisedId(text, scope);
  if (subject === undefined) return fault('must not be empty');
  const range = scope === 'range' ? findIpRange(subject) : undefined;
  return { kind: 'subject', key: { scope, subject: range === undefined ? subject : formatIpRange(range) } };
}

function fault(reason: string): SubjectReading {
  return { kind: 'fault', reason };
}
