/**
 * What services take as text: whole characters, line feeds and tabs. Others refuse the whole message for a
 * NUL or half a surrogate pair that some label brought along.
 */
export function cleanText(text: string): string {
  return (
    text
      .replaceAll('\r\n', '\n')
      // oxlint-disable-next-line no-control-regex -- These characters are what it is about.
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '\ufffd')
      .toWellFormed()
  );
}
