/** Secrets in addresses: of targets, in errors that name them, in configurations. What a model has read cannot be taken back. */

export const MASK = '<secret>';

/** Passwords and tokens in addresses. */
export function withoutUrlSecrets(text: string): string {
  const named = text.includes('://') ? text.replaceAll(/:\/\/[^\s/?#@'"]*@/g, `://${MASK}@`) : text;
  return named.includes('=') ? named.replaceAll(SECRET_PARAMETER, `$1${MASK}`) : named;
}

const SECRET_PARAMETER =
  /([?&;][^=&\s'"]{0,30}(?:token|key|secret|passw(?:or)?d|signature|sig|auth)[^=&\s'"]{0,30}=)[^&\s'"]*/gi;
