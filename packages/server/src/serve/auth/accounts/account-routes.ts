import { accountChange, accountCreate, passwordChange, setupRequest } from '@vedette/api';
import {
  jsonAnswer,
  type AuditNote,
  type HttpAnswer,
  type HttpRequest,
  type Route,
} from '../../http/route.ts';
import { jsonBodyOf } from '../../http/json-body.ts';
import { answering } from '../answers.ts';
import { AuthError } from '../auth-error.ts';
import type { Caller } from '../caller.ts';
import { openSession, SESSION_BODY_BYTES_MAX, type SessionRoutesDeps } from '../session-routes.ts';

const CREATE_EXAMPLE = '{"name":"ada","role":"operator","password":"at least 12 characters"}';
const CHANGE_EXAMPLE = '{"role":"viewer"}, {"isDisabled":true} or {"password":"at least 12 characters"}';
const PASSWORD_EXAMPLE = '{"current":"…","next":"at least 12 characters"}';
const SETUP_EXAMPLE =
  '{"key":"what stands behind k= in the link","name":"ada","password":"at least 12 characters"}';

type Handle = (request: HttpRequest) => Promise<HttpAnswer>;

/** The first account, the list of them, and everybody's own password. */
export function accountRoutes(deps: SessionRoutesDeps): readonly Route[] {
  const route = (
    method: Route['methods'][number],
    path: string,
    access: Route['access'],
    handle: Handle,
  ): Route => ({
    surface: 'vedette-api',
    methods: [method],
    path: `/api/vedette/${path}`,
    access,
    bodyBytesMax: SESSION_BODY_BYTES_MAX,
    errors: 'json',
    handle: async (request) => await answering(() => handle(request)),
  });
  const { accounts } = deps.identities;
  return [
    route('POST', 'setup', 'sign-in', (request) => setUp(deps, request)),
    route('GET', 'accounts', 'admin', () => Promise.resolve(jsonAnswer(200, accounts.list()))),
    route('POST', 'accounts', 'admin', (request) => add(deps, request)),
    route('PUT', 'accounts/:name', 'admin', (request) => change(deps, request)),
    route('DELETE', 'accounts/:name', 'admin', (request) => remove(deps, request)),
    route('POST', 'account/password', 'viewer', (request) => changeOwnPassword(deps, request)),
  ];
}

async function setUp(deps: SessionRoutesDeps, request: HttpRequest): Promise<HttpAnswer> {
  const { identities } = deps;
  const { key, name, password } = jsonBodyOf(request, setupRequest, SETUP_EXAMPLE);
  if (identities.accounts.hasAdministrator)
    throw new AuthError(410, 'cannot set up: an administrator exists already; sign in');
  // Before the hash: of two who come at once with the same link, one waits in vain.
  const undo = identities.setup.spend(key);
  try {
    await identities.accounts.addFirst({ name, passwordHash: await identities.passwords.hash(password) });
  } catch (error) {
    undo();
    throw error;
  }
  const caller: Caller = { kind: 'account', name, role: 'admin' };
  const answer = await openSession(deps, request, caller, () => identities.openForAccount(name));
  return { ...answer, audit: { caller, target: name, detail: 'the first administrator' } };
}

async function add({ identities }: SessionRoutesDeps, request: HttpRequest): Promise<HttpAnswer> {
  const { name, role, password } = jsonBodyOf(request, accountCreate, CREATE_EXAMPLE);
  if (identities.accounts.find(name) !== undefined)
    throw new AuthError(409, `cannot add the account: the name "${name}" is taken`);
  const passwordHash = await identities.passwords.hash(password);
  const account = await identities.accounts.add({ name, role, passwordHash });
  return noted(jsonAnswer(201, account), { target: name, detail: `role ${role}` });
}

async function change({ identities }: SessionRoutesDeps, request: HttpRequest): Promise<HttpAnswer> {
  const name = nameOf(request);
  const { role, isDisabled, password } = jsonBodyOf(request, accountChange, CHANGE_EXAMPLE);
  if (identities.accounts.find(name) === undefined)
    throw new AuthError(404, `cannot find the account "${name}"`);
  const passwordHash = password === undefined ? undefined : await identities.passwords.hash(password);
  await identities.changeAccount(
    name,
    { role, isDisabled, passwordHash },
    { sessionId: request.caller?.sessionId },
  );
  const details = [
    ...(role === undefined ? [] : [`role ${role}`]),
    ...(isDisabled === undefined ? [] : [isDisabled ? 'disabled' : 'enabled']),
    ...(password === undefined ? [] : ['a new password']),
  ];
  const account = identities.accounts.list().find((one) => one.name === identities.accounts.find(name)?.name);
  return noted(jsonAnswer(200, account), { target: name, detail: details.join(', ') });
}

async function remove({ identities }: SessionRoutesDeps, request: HttpRequest): Promise<HttpAnswer> {
  await identities.removeAccount(nameOf(request));
  return noted({ status: 204 }, { target: nameOf(request) });
}

async function changeOwnPassword(
  { identities }: SessionRoutesDeps,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { caller } = request;
  const { current, next } = jsonBodyOf(request, passwordChange, PASSWORD_EXAMPLE);
  const account = caller?.kind === 'account' ? identities.accounts.find(caller.name) : undefined;
  const sessionId = caller?.sessionId;
  if (account === undefined || sessionId === undefined)
    throw new AuthError(
      409,
      'cannot change the password: only somebody who signed in with name and password has one here',
    );
  await identities.passwordSignIn.confirm(account, current, sessionId);
  const passwordHash = await identities.passwords.hash(next);
  await identities.changeAccount(account.name, { passwordHash }, { proven: account, sessionId });
  return noted({ status: 204 }, { target: account.name, detail: 'other sessions ended' });
}

function nameOf({ params }: HttpRequest): string {
  return params['name'] ?? '';
}

function noted(answer: HttpAnswer, audit: AuditNote): HttpAnswer {
  return { ...answer, audit };
}
