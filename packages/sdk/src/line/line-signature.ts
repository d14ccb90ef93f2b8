import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether `signature`, the header `x-line-signature`, is the base64 of HMAC-SHA256 over the bytes of the body as they
 * came, by one of the secrets. Takes as long for a wrong signature as for a right one.
 *
 * Compared as text: decoding would pass over what stands behind the padding.
 */
export function isSignedByLine(body: Uint8Array, signature: string, secrets: readonly string[]): boolean {
  const given = Buffer.from(signature, 'utf8');
  let isSigned = false;
  for (const secret of secrets) {
    const wanted = Buffer.from(createHmac('sha256', secret).update(body).digest('base64'));
    // Every secret is tried, so that time does not tell which.
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) isSigned = true;
  }
  return isSigned;
}
