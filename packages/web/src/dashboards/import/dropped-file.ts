/**
 * A file on its way from where it was dropped to the import page. Not in the URL, which has no room
 * for it, and not in the history: it is handed over once.
 */
let handed: File | undefined;

export function handOver(file: File): void {
  handed = file;
}

export function takeOver(): File | undefined {
  const file = handed;
  handed = undefined;
  return file;
}
