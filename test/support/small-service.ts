import { createServer, type Server } from 'node:http';
import type { Lifetime } from './vedette-process.ts';

/** An HTTP server of a test on loopback, which can go away and come back at the same port. */
export interface SmallService {
  readonly port: number;
  /** Request bodies received, oldest first, with their headers. */
  readonly received: readonly {
    readonly url: string;
    readonly body: string;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  }[];
  stop(): Promise<void>;
  restart(): Promise<void>;
}

/** `answer` gives status and body per request; by default 200 and nothing. */
export async function startService(
  t: Lifetime,
  answer: (url: string) => { status?: number; body: string; contentType?: string } = () => ({ body: '' }),
): Promise<SmallService> {
  const received: { url: string; body: string; headers: Record<string, string | string[] | undefined> }[] =
    [];
  let server: Server | undefined;
  const listen = async (port: number): Promise<number> => {
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => {
        received.push({ url: request.url ?? '', body, headers: request.headers });
        const {
          status = 200,
          body: text,
          contentType = 'text/plain; version=0.0.4',
        } = answer(request.url ?? '');
        response.writeHead(status, { 'Content-Type': contentType }).end(text);
      });
    });
    await new Promise<void>(
      (resolve, reject) => void server?.once('error', reject).listen(port, '127.0.0.1', resolve),
    );
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the server has no address');
    return address.port;
  };
  const port = await listen(0);
  const stop = async (): Promise<void> => {
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    server = undefined;
  };
  t.after(stop);
  return { port, received, stop, restart: async () => void (await listen(port)) };
}
