import type { Transport } from '@modelcontextprotocol/server';

/**
 * A transport that knows which requests it has taken and not answered. The library's own one forgets what is under
 * way when stdin ends: whoever pipes a question in and closes would get no answer.
 */
export function countedTransport(inner: Transport): {
  readonly transport: Transport;
  /** Resolves when everything is answered. */
  readonly idle: () => Promise<void>;
} {
  const asked = new Set<string>();
  let onIdle = (): void => undefined;
  const settle = (id: unknown): void => {
    asked.delete(JSON.stringify(id));
    if (asked.size === 0) onIdle();
  };
  const transport: Transport = {
    start: async () => {
      inner.onclose = () => transport.onclose?.();
      inner.onerror = (error) => transport.onerror?.(error);
      inner.onmessage = (message, extra) => {
        if ('method' in message && 'id' in message) asked.add(JSON.stringify(message.id));
        else if ('method' in message && message.method === 'notifications/cancelled')
          settle(message.params?.['requestId']);
        transport.onmessage?.(message, extra);
      };
      await inner.start();
    },
    send: async (message, options) => {
      await inner.send(message, options);
      if (!('method' in message)) settle(message.id);
    },
    close: async () => await inner.close(),
  };
  const idle = async (): Promise<void> => {
    if (asked.size > 0) await new Promise<void>((resolve) => (onIdle = resolve));
  };
  return { transport, idle };
}
