import { LIVE_PATH, LIVE_PROTOCOL, type Role } from '@vedette/api';
import { errorAnswer, type Route } from '../http/route.ts';

/** The path of the live socket as a route: it carries the role; plain requests are told to upgrade. */
export const LIVE_ROUTE: Route & { readonly access: Role } = {
  surface: 'live',
  methods: ['GET'],
  path: LIVE_PATH,
  access: 'viewer',
  errors: 'json',
  handle: () => {
    const answer = errorAnswer(
      426,
      'bad_data',
      `this is a WebSocket; connect with the subprotocol ${LIVE_PROTOCOL}`,
    );
    return { ...answer, headers: { ...answer.headers, upgrade: 'websocket' } };
  },
};
