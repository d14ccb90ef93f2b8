/** Digests in the state store: one document for each integration that has one. */
import { z } from 'zod';
import type { DocumentWrite, StateStore } from '../../store/state/port.ts';
import { shortHashOf } from '../short-hash.ts';
import { stormDigest } from './storm-digest.ts';

const DIGESTS = 'storm_digests';

const storedDigest = z.object({
  /** `receiverKeyOf`. */
  receiver: z.string(),
  /** What is being counted. */
  open: stormDigest.optional(),
  /** What was begun to be sent. */
  sending: stormDigest.optional(),
  /** What was sent last: its end is owed. */
  told: stormDigest.optional(),
});
export type StoredDigest = z.infer<typeof storedDigest>;

export async function loadDigests(state: StateStore): Promise<readonly StoredDigest[]> {
  return (await state.documents.list(DIGESTS)).map(({ value }) => storedDigest.parse(value));
}

export function putDigest(digest: StoredDigest): DocumentWrite {
  return { kind: 'put', collection: DIGESTS, key: shortHashOf(digest.receiver), value: digest };
}

export function deleteDigest(receiver: string): DocumentWrite {
  return { kind: 'delete', collection: DIGESTS, key: shortHashOf(receiver) };
}
