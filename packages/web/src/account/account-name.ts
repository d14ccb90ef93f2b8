/** What `accountName` of the API takes: written on a page, and long enough for an address of mail. */
export function isAccountName(text: string): boolean {
  return /^[\p{L}\p{N}._@+-]{1,100}$/u.test(text);
}
