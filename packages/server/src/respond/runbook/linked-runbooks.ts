/** Links of one runbook to another, as the page of a runbook follows them: `PostgresDown.md`, `../db/PostgresDown.md#impact`. */
import { markdownLines } from './markdown-lines.ts';
import { splitFrontMatter, withPlainLines } from './parse-runbook.ts';

export interface RunbookLink {
  /** What the page asks for: the last part, without `.md`. */
  readonly id: string;
  /** As it is written, without what stands behind `#`. */
  readonly path: string;
  /** Of the file, from 1. */
  readonly line: number;
}

// `[words](path.md#part)` and `[words]: path.md`; what has a scheme or begins with a slash is an address elsewhere.
const LINK = /\](?:\(|: )<?((?:[\w.-]+\/)*([\w.-]+)\.md)(?:#[^\s)>]*)?[\s)>]/g;

/** In the order of the lines; what looks like a link within code is none. */
export function runbookLinksOf(text: string): readonly RunbookLink[] {
  const { markdown, lineCount } = splitFrontMatter(withPlainLines(text)) ?? { markdown: '', lineCount: 0 };
  return markdownLines(markdown).flatMap((line) =>
    line.kind === 'text'
      ? Array.from(`${line.text.replaceAll(/`[^`]*`/g, '')} `.matchAll(LINK), ([, path = '', id = '']) => ({
          id,
          path,
          line: line.line + lineCount,
        }))
      : [],
  );
}
