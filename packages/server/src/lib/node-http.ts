import type * as NodeHttp from 'node:http';

/**
 * `node:http`, not by `import`: that reads each of its exports, and reading `WebSocket` among them loads another HTTP
 * client with the streams of the web, 5 MB that nobody here uses. (CommonJS reads what it asks for; so do the packages
 * we use.) Types are imported as usual, they cost nothing.
 */
export const http: typeof NodeHttp = process.getBuiltinModule('node:http');
