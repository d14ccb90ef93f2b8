import { FatalError } from '@vedette/model';
import { isLoopbackHost } from './auth/origin.ts';

/** Where to listen. */
export interface ListenAddress {
  /** As configured, for messages. */
  readonly text: string;
  /** Without brackets; empty is all interfaces. */
  readonly host: string;
  readonly port: number;
}

/** The text has the form of `server.listen`: the configuration's schema has checked it. */
export function parseListenAddress(text: string): ListenAddress {
  const cut = text.lastIndexOf(':');
  return { text, host: text.slice(0, cut).replace(/^\[|\]$/g, ''), port: Number(text.slice(cut + 1)) };
}

/** Throws `FatalError` unless the address is that of this machine alone or whoever comes must show who they are. */
export function assertProtected(address: ListenAddress, isSignInRequired: boolean): void {
  if (isSignInRequired || isLoopbackHost(bracketed(address.host))) return;
  throw new FatalError(
    'VED_CONFIG_INVALID',
    `cannot listen on "${address.text}": it is not a loopback address and no token protects it; set server.token_file to a file with a token, set server.accounts to enabled, or listen on 127.0.0.1:${address.port}`,
  );
}

/** `http://127.0.0.1:8080` of a bound address. */
export function urlOf(host: string, port: number): string {
  return `http://${bracketed(host)}:${port}`;
}

/** What the operating system said, in words that tell what to do. */
export function listenError(address: ListenAddress, error: unknown): FatalError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return new FatalError(
    'VED_LISTEN_FAILED',
    `cannot listen on "${address.text}": ${reasonOf(code, address, error)}`,
    {
      cause: error,
    },
  );
}

function reasonOf(code: string, address: ListenAddress, error: unknown): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${address.port} is taken by another process; stop that one, or choose another port with --listen HOST:PORT or server.listen (port 0 takes a free one)`;
    case 'EACCES':
      return `this user may not use port ${address.port}; choose one above 1023 with --listen HOST:PORT or server.listen`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `this machine has no address "${address.host}"; choose another with --listen HOST:PORT or server.listen`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
