import type { IncomingMessage } from 'node:http';

/**
 * What an answer says, as far as it comes: its status has decided already, and a body that breaks off or
 * hangs until the time limit changes nothing. An endless one costs no more than `bytesMax`.
 */
export async function readAnswerText(incoming: IncomingMessage, bytesMax: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of incoming as AsyncIterable<Buffer>) {
      parts.push(part);
      bytes += part.length;
      // Leaving the loop destroys the connection.
      if (bytes >= bytesMax) break;
    }
  } catch {
    // Broken off.
  }
  return Buffer.concat(parts).subarray(0, bytesMax).toString('utf8');
}
