/** The data of each event of a `text/event-stream`, as they come. Throws when one is longer than `bytesMax`. */
export async function* eventsOf(stream: AsyncIterable<Uint8Array>, bytesMax: number): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    if (size + rest.length > bytesMax) throw new Error(`one message is longer than ${bytesMax} bytes`);
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield data.join('\n');
        data = [];
        size = 0;
      } else if (line.startsWith('data:')) {
        data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
        size += line.length;
        if (size > bytesMax) throw new Error(`one message is longer than ${bytesMax} bytes`);
      }
    }
  }
}
