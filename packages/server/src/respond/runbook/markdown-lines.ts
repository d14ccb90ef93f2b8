/**
 * Markdown cut into lines that know whether they stand within fenced code, which is all that runbooks need: what looks like a
 * heading or a step within code is none. Fences are CommonMark's, at any indentation, since steps indent theirs.
 */
export type MarkdownLine =
  | { readonly kind: 'text'; readonly text: string; readonly line: number }
  /** Opens code; `language` is the first word after it, in lower case. */
  | { readonly kind: 'fence'; readonly language: string; readonly indent: number; readonly line: number }
  | { readonly kind: 'code'; readonly text: string; readonly line: number }
  | { readonly kind: 'end'; readonly line: number };

// No backquote may follow; asked once, ahead, so that a line without end is read in one pass.
const FENCE = /^([ \t]*)(`{3,}|~{3,})(?=[^`]*$)[ \t]*([^\s`]*)/;

/** Lines from 1. Code that is not closed goes on to the end, without an `end`. */
export function markdownLines(markdown: string): readonly MarkdownLine[] {
  const lines: MarkdownLine[] = [];
  let open = '';
  for (const [index, text] of markdown.split('\n').entries()) {
    const line = index + 1;
    if (open === '') {
      const fence = FENCE.exec(text);
      if (fence === null) lines.push({ kind: 'text', text, line });
      else {
        open = fence[2] ?? '';
        const language = (fence[3] ?? '').toLowerCase();
        lines.push({ kind: 'fence', language, indent: (fence[1] ?? '').length, line });
      }
    } else if (isEndOf(open, text)) {
      open = '';
      lines.push({ kind: 'end', line });
    } else lines.push({ kind: 'code', text, line });
  }
  return lines;
}

/** As many of the same characters as opened it, or more, and nothing else. */
function isEndOf(open: string, text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length >= open.length && trimmed === open.charAt(0).repeat(trimmed.length);
}
