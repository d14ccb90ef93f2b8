import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { expressRouteOf } from './express-route.ts';

/** A layer as Express 4 has it: `match` sets what it found, and no template is kept. */
class OldLayer {
  path: string | undefined;
  params: Record<string, string> = {};
  readonly #pattern: RegExp;
  readonly handle: object;
  readonly route: object | undefined;

  constructor(pattern: RegExp, handle: object, route?: object) {
    this.#pattern = pattern;
    this.handle = handle;
    this.route = route;
  }

  match(path: string): boolean {
    const match = this.#pattern.exec(path);
    if (match === null) return false;
    this.path = match[0];
    this.params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
    return true;
  }
}

function requestOf(originalUrl: string, route: object | undefined, app: object): IncomingMessage {
  return { originalUrl, route, app } as unknown as IncomingMessage;
}

/** `/orgs/:org` with a router that has `/:id`, in the objects of Express 4. */
function oldApp(): { readonly app: object; readonly route: object } {
  const route = { path: '/:id' };
  const stack = [new OldLayer(/^\/(?<id>[^/]+)\/?$/, {}, route)];
  const app = {
    mountpath: '/',
    _router: {
      stack: [
        new OldLayer(/^\/?(?=\/|$)/, { stack: [] }),
        new OldLayer(/^\/other\/(?<x>[^/]+)/, { stack }),
        new OldLayer(/^\/orgs\/(?<org>[^/]+)/, { stack }),
      ],
    },
    get router(): never {
      throw new Error("'app.router' is deprecated!");
    },
  };
  return { app, route };
}

test('on Express 4 a mount is written with the names of its parameters', () => {
  const { app, route } = oldApp();
  const check = (url: string, want: string | undefined): void =>
    assert.equal(expressRouteOf(requestOf(url, route, app)), want, url);
  check('/orgs/acme/7', '/orgs/:org/:id');
  check('/orgs/a%20b/7?x=/orgs', '/orgs/:org/:id');
  check('/orgs/orgs/orgs', '/orgs/:org/:id');
  check('/other/1/7', '/other/:x/:id');
  check('http://host/orgs/acme/7', '/orgs/:org/:id');
  check('/elsewhere/7', undefined);
});

test('without a route, or with one that is not in the tree, there is no template', () => {
  const { app } = oldApp();
  assert.equal(expressRouteOf(requestOf('/orgs/acme/7', undefined, app)), undefined);
  assert.equal(expressRouteOf(requestOf('/orgs/acme/7', { path: '/:id' }, app)), undefined);
});

test('routers that hold each other end the search', () => {
  const stack: object[] = [];
  stack.push(new OldLayer(/^/, { stack }), new OldLayer(/^/, { stack: [] }));
  const app = { mountpath: '/', _router: { stack } };
  assert.equal(expressRouteOf(requestOf('/x', { path: '/' }, app)), undefined);
});
