/**
 * Text of others made safe to print on a terminal: control characters, which could move the cursor or
 * change its colours, become replacement characters of the same width. Tabs and newlines stay.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, '\uFFFD');
}

const CONTROL = /[^\P{Cc}\t\n]/gu;
