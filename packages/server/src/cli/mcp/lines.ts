/** One line of a stream, or that one was too long; without the line's end. */
export type Line = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'too-long' };

/** Splits at newlines. A line of more than `bytesMax` bytes is passed over, and said so where it ends. */
export async function* linesOf(input: AsyncIterable<Uint8Array>, bytesMax: number): AsyncIterable<Line> {
  let pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  const take = (): Line => {
    const line: Line =
      sizeBytes > bytesMax
        ? { kind: 'too-long' }
        : { kind: 'line', text: Buffer.concat(pieces).toString('utf8').trim() };
    pieces = [];
    sizeBytes = 0;
    return line;
  };
  const add = (piece: Uint8Array): void => {
    sizeBytes += piece.length;
    if (sizeBytes <= bytesMax) pieces.push(piece);
    else pieces = [];
  };
  for await (const chunk of input) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, at));
      from = at + 1;
      yield take();
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (sizeBytes > 0) yield take();
}

const NEWLINE = 0x0a;
