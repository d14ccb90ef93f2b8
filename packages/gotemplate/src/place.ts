import { utf8Length } from './utf8.ts';

/** Line (from 1) and byte column (from 0) of an index into `source`. Linear: for errors only. */
export function placeOf(source: string, index: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let lineStart = 0;
  for (let next = source.indexOf('\n'); next >= 0 && next < index; next = source.indexOf('\n', next + 1)) {
    line++;
    lineStart = next + 1;
  }
  return { line, column: utf8Length(source.slice(lineStart, index)) };
}
