/** What `accountName` of the API takes: written on a page, and long enough for an address of mail. */
export function isAccountName(text: string): boolean {
  const isDrawn = /^[\p{L}\p{N}._@+-]{1,100}$/u.test(text) && !/\p{Default_Ignorable_Code_Point}/u.test(text);
  return isDrawn && !MIXED.test(text.normalize('NFKC'));
}

/** Letters that look alike, of alphabets that nobody mixes in a name. */
const MIXED =
  /^(?=.*\p{Script=Latin})(?=.*[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}])/u;
