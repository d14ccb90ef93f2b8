import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** The least of RFC 6455 that a browser needs of a development server: text frames below 64 kB in, any size out. */
export interface DevSocket {
  send(text: string): void;
  onMessage(listener: (text: string) => void): void;
  onClose(listener: () => void): void;
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export function acceptWebSocket(request: IncomingMessage, stream: Duplex, protocol: string): DevSocket {
  const key = String(request.headers['sec-websocket-key']);
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  stream.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
  );
  const messages: ((text: string) => void)[] = [];
  const closes: (() => void)[] = [];
  let pending: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let frame = takeFrame(pending); frame !== undefined; frame = takeFrame(pending)) {
      pending = frame.rest;
      if (frame.opcode === 8) stream.end();
      if (frame.opcode === 1) for (const listener of messages) listener(frame.text);
    }
  });
  stream.on('close', () => closes.forEach((listener) => listener()));
  stream.on('error', () => stream.destroy());
  return {
    send: (text) => void (stream.writable && stream.write(frameOf(text))),
    onMessage: (listener) => void messages.push(listener),
    onClose: (listener) => void closes.push(listener),
  };
}

interface Frame {
  readonly opcode: number;
  readonly text: string;
  readonly rest: Buffer;
}

function takeFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 6) return undefined;
  const isLong = (bytes.readUInt8(1) & 0x7f) === 126;
  const maskAt = isLong ? 4 : 2;
  const length = isLong ? bytes.readUInt16BE(2) : bytes.readUInt8(1) & 0x7f;
  const end = maskAt + 4 + length;
  if (bytes.length < end) return undefined;
  const mask = bytes.subarray(maskAt, maskAt + 4);
  const body = Buffer.from(bytes.subarray(maskAt + 4, end)).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  return {
    opcode: bytes.readUInt8(0) & 0x0f,
    text: Buffer.from(body).toString('utf8'),
    rest: bytes.subarray(end),
  };
}

function frameOf(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  if (head.length === 2) head[1] = body.length;
  else if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(body.length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  return Buffer.concat([head, body]);
}
