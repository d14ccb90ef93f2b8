/** Short links: who is signed in makes them, everybody follows them. It knows nothing of guards. */
import type { FastifyPluginCallback } from 'fastify';
import type { Sessions } from './sessions.ts';

// In memory, the oldest go: this is an example, not a service.
const LINKS_MAX = 10_000;

interface Link {
  readonly owner: string;
  readonly target: string;
}

const NEW_SESSION = {
  body: {
    type: 'object',
    required: ['user'],
    properties: { user: { type: 'string', minLength: 1, maxLength: 64 } },
  },
} as const;

const NEW_LINK = {
  body: {
    type: 'object',
    required: ['target'],
    properties: { target: { type: 'string', pattern: '^https?://', maxLength: 2000 } },
  },
} as const;

export function linkRoutes(sessions: Sessions): FastifyPluginCallback {
  const links = new Map<string, Link>();
  let lastId = 0;
  return (app, _options, done) => {
    app.post<{ Body: { user: string } }>('/sessions', { schema: NEW_SESSION }, (request, reply) =>
      reply.code(201).send({ token: sessions.open(request.body.user) }),
    );
    app.post<{ Body: { target: string } }>('/links', { schema: NEW_LINK }, (request, reply) => {
      const owner = sessions.userOf(request.headers.authorization);
      if (owner === undefined) return reply.code(401).send({ error: 'sign in first: POST /sessions' });
      const id = (++lastId).toString(36);
      const [oldest] = links.keys();
      if (links.size >= LINKS_MAX && oldest !== undefined) links.delete(oldest);
      links.set(id, { owner, target: request.body.target });
      return reply.code(201).send({ id });
    });
    app.get<{ Params: { id: string } }>('/links/:id', (request, reply) => {
      const link = links.get(request.params.id);
      if (link === undefined) return reply.code(404).send({ error: 'not found' });
      return reply.send({ target: link.target });
    });
    app.delete<{ Params: { id: string } }>('/links/:id', (request, reply) => {
      const owner = sessions.userOf(request.headers.authorization);
      if (owner === undefined || links.get(request.params.id)?.owner !== owner)
        return reply.code(404).send({ error: 'not found' });
      links.delete(request.params.id);
      return reply.code(204).send();
    });
    done();
  };
}
