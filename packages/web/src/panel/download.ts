/** Hands a file to the browser, which saves it. */
export function downloadBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** Characters of a name that every file system takes. */
const NAME_CHARACTERS_MAX = 80;

/** A file name from a title: letters, digits and dashes of any script. */
export function fileNameOf(title: string, extension: string): string {
  const name = title
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, NAME_CHARACTERS_MAX);
  return `${name === '' ? 'panel' : name}.${extension}`;
}
