import { tokenCreate } from '@vedette/api';
import { jsonAnswer, type HttpAnswer, type HttpRequest, type Route } from '../../http/route.ts';
import { jsonBodyOf } from '../../http/json-body.ts';
import { answering } from '../answers.ts';
import { actorOf } from '../caller.ts';
import type { Identities } from '../identities.ts';

// A name of 100 characters and some words.
const BODY_BYTES_MAX = 4 * 1024;
const EXAMPLE = '{"name":"grafana","role":"viewer","scopes":["read"],"expiresInDays":90}';

/** Tokens of programs: made, listed and revoked by administrators. */
export function tokenRoutes({ identities }: { readonly identities: Identities }): readonly Route[] {
  const route = (
    method: Route['methods'][number],
    path: string,
    handle: (request: HttpRequest) => Promise<HttpAnswer>,
  ): Route => ({
    surface: 'vedette-api',
    methods: [method],
    path: `/api/vedette/tokens${path}`,
    access: 'admin',
    bodyBytesMax: BODY_BYTES_MAX,
    errors: 'json',
    handle: async (request) => await answering(() => handle(request)),
  });
  return [
    route('GET', '', () => Promise.resolve(jsonAnswer(200, identities.tokens.list()))),
    route('POST', '', async (request) => {
      const wanted = jsonBodyOf(request, tokenCreate, EXAMPLE);
      const token = await identities.tokens.create({ ...wanted, createdBy: actorOf(request) });
      const detail = `role ${token.role}, scopes ${token.scopes.join(' ')}, ${token.hint}…`;
      return { ...jsonAnswer(201, token), audit: { target: token.name, detail } };
    }),
    route('DELETE', '/:id', async ({ params }) => {
      const name = await identities.revokeToken(params['id'] ?? '');
      return { status: 204, audit: { target: name } };
    }),
  ];
}
