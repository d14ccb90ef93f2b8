/** A fault of a query, cut into what a person needs: the words, and where in the expression. */
export interface QueryFaultText {
  readonly message: string;
  /** The line that is at fault and the column (0-based) in it; `undefined` where the fault has no place. */
  readonly place: { readonly line: string; readonly column: number } | undefined;
}

/** `1:12: parse error: …`: line and column from 1, as Prometheus and our parser write them. */
const PLACE = /(?:^|[\s(])(\d+):(\d+):\s*/;

/** What stands before a place and says only that the query is a query. */
const PREFIX = /^invalid parameter "?query"?:\s*/;

/** Reads the place out of a fault's words; `position` (0-based offset) wins where it is given. */
export function parseQueryFault(expr: string, text: string, position?: number): QueryFaultText {
  const match = PLACE.exec(text);
  const message = text.replace(PREFIX, '').replace(PLACE, ' ').trim();
  if (position !== undefined) return { message, place: placeOfOffset(expr, position) };
  if (match === null) return { message, place: undefined };
  const line = expr.split('\n')[Number(match[1]) - 1];
  return {
    message,
    place: line === undefined ? undefined : { line, column: Math.min(Number(match[2]) - 1, line.length) },
  };
}

function placeOfOffset(expr: string, offset: number): { line: string; column: number } {
  const start = expr.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  const line = expr.slice(start).split('\n')[0] ?? '';
  return { line, column: Math.min(Math.max(0, offset - start), line.length) };
}
