/** Hands a text to the browser as a file. */
export function downloadText(name: string, type: string, text: string): void {
  downloadBlob(name, new Blob([text], { type }));
}

/** Hands the first drawing of an element to the browser as a picture, on the colour of the page. */
export function downloadPicture(name: string, root: HTMLElement): void {
  const canvas = root.querySelector('canvas');
  if (canvas === null) return;
  const copy = document.createElement('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext('2d');
  if (context === null) return;
  // A canvas has no ground of its own: dark lines on nothing are unreadable where it is pasted.
  context.fillStyle = getComputedStyle(root).getPropertyValue('--v-surface');
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  copy.toBlob((blob) => {
    if (blob !== null) downloadBlob(name, blob);
  });
}

/** A title as the name of a file. */
export function fileNameOf(title: string, extension: string): string {
  const name = title
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 80);
  return `${name === '' ? 'panel' : name}.${extension}`;
}

function downloadBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
