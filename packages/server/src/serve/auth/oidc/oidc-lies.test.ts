/** A provider, or somebody in its place, that says what is not so: each id token differs from a good one in one point. */
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { sessionState } from '@vedette/api';
import { DiskFiles } from '../../../lib/disk-files.ts';
import { startAuthScene, type Answer, type Browser, listenFor } from '../auth-fixture.ts';
import { oidcSchema } from './config.ts';

type Claims = Record<string, unknown>;

interface Said {
  readonly header: Record<string, unknown>;
  readonly claims: Claims;
  readonly key: KeyObject | string | undefined;
}

/** Turns what is true into what is said. */
type Lie = (said: Said) => Said;

interface Scene {
  readonly browser: () => Browser;
  /** Signs in with a token that the lie has been through. */
  signIn(lie: Lie, browser?: Browser): Promise<Answer>;
  /** What the provider says it is called. */
  issuerSaid: string | undefined;
  /** What the client has to know. */
  secret: string;
  readonly secretFile: string;
}

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' };

const packed = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function tokenOf({ header, claims, key }: Said): string {
  const text = `${packed(header)}.${packed(claims)}`;
  if (key === undefined) return `${text}.`;
  const signature =
    typeof key === 'string'
      ? createHmac('sha256', key).update(text).digest()
      : sign('sha256', Buffer.from(text), key);
  return `${text}.${signature.toString('base64url')}`;
}

async function startScene(t: TestContext): Promise<Scene> {
  const secretFile = path.join(mkdtempSync(path.join(tmpdir(), 'vedette-oidc-')), 'secret');
  writeFileSync(secretFile, 'first\n');
  t.after(() => rmSync(path.dirname(secretFile), { recursive: true }));
  let answer: (where: string) => unknown = () => ({});
  const provider = createServer(({ url = '', headers }, response) => {
    const shown = `Basic ${Buffer.from(`vedette:${scene.secret}`).toString('base64')}`;
    const isRefused = url === '/token' && headers.authorization !== shown;
    response.writeHead(isRefused ? 401 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isRefused ? { error: 'invalid_client' } : answer(url)));
  });
  const issuer = await listenFor(t, provider);
  const oidc = oidcSchema.parse({
    issuer,
    client_id: 'vedette',
    client_secret_file: secretFile,
    roles: { admin: ['sre'] },
    name: 'Acme',
  });
  const auth = await startAuthScene(t, { accounts: 'auto', oidc }, { files: new DiskFiles() });
  let idToken = '';
  answer = (where) => {
    if (where === '/jwks') return { keys: [jwk] };
    if (where === '/token')
      return { access_token: 'a', token_type: 'bearer', expires_in: 60, id_token: idToken };
    return {
      issuer: scene.issuerSaid ?? issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  };
  const scene: Scene = {
    issuerSaid: undefined,
    secret: 'first',
    secretFile,
    browser: () => auth.browser(),
    signIn: async (lie, browser = auth.browser()) => {
      const begun = await browser.send('GET', '/api/vedette/oidc/start');
      if (begun.status !== 302) return begun;
      const { searchParams } = new URL(begun.headers.get('location') ?? '');
      const [state, nonce] = [searchParams.get('state'), searchParams.get('nonce')];
      const nowSeconds = Math.floor(Date.now() / 1000);
      const claims = {
        iss: issuer,
        aud: 'vedette',
        sub: '1',
        nonce,
        iat: nowSeconds,
        exp: nowSeconds + 60,
        preferred_username: 'ada',
        groups: ['sre'],
      };
      idToken = tokenOf(lie({ header: { alg: 'RS256', kid: 'k1' }, claims, key: pair.privateKey }));
      return await browser.send('GET', `/api/vedette/oidc/callback?code=c&state=${state}`);
    },
  };
  return scene;
}

const claiming =
  (change: (nowSeconds: number) => Claims): Lie =>
  (said) => ({ ...said, claims: { ...said.claims, ...change(Math.floor(Date.now() / 1000)) } });

const LIES: Readonly<Record<string, Lie>> = {
  'of another issuer': claiming(() => ({ iss: 'https://evil.example' })),
  'for another client': claiming(() => ({ aud: 'shop' })),
  'for two clients, of whom the other is meant': claiming(() => ({ aud: ['vedette', 'shop'], azp: 'shop' })),
  'of another sign-in': claiming(() => ({ nonce: 'of-yesterday' })),
  'of no sign-in': claiming(() => ({ nonce: undefined })),
  'over for two minutes': claiming((now) => ({ iat: now - 300, exp: now - 120 })),
  'without an end': claiming(() => ({ exp: undefined })),
  'not valid for another hour': claiming((now) => ({ nbf: now + 3600 })),
  'of nobody': claiming(() => ({ sub: undefined })),
  'signed by somebody else': (said) => ({ ...said, key: otherPair.privateKey }),
  'not signed': (said) => ({ ...said, header: { alg: 'none' }, key: undefined }),
  'signed with the public key as a secret': (said) => ({
    ...said,
    header: { alg: 'HS256', kid: 'k1' },
    key: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }),
};

test('an id token that is wrong in one point signs nobody in', async (t) => {
  const scene = await startScene(t);
  for (const [name, lie] of Object.entries(LIES)) {
    const browser = scene.browser();
    const { status, body } = await scene.signIn(lie, browser);
    assert.equal(status, 401, name);
    assert.match(String(body), /the provider does not confirm it; begin again/, name);
    const { role } = sessionState.parse((await browser.send('GET', '/api/vedette/session')).body);
    assert.equal(role, null, name);
  }
});

test('a good one does, also when the clocks are some seconds apart', async (t) => {
  const scene = await startScene(t);
  for (const skewSeconds of [0, 15, -15]) {
    const skewed = claiming((now) => ({ iat: now + skewSeconds, nbf: now + skewSeconds }));
    assert.equal((await scene.signIn(skewed)).status, 302, `${skewSeconds} s`);
  }
  const late = claiming((now) => ({ iat: now - 70, exp: now - 10 }));
  assert.equal((await scene.signIn(late)).status, 302, 'over for ten seconds');
});

test('a provider that calls itself otherwise than the configuration is not used, and is asked again', async (t) => {
  const scene = await startScene(t);
  scene.issuerSaid = 'https://evil.example';
  assert.equal((await scene.signIn((said) => said)).status, 503);
  scene.issuerSaid = undefined;
  assert.equal((await scene.signIn((said) => said)).status, 302);
});

test('another secret in the file counts after the first sign-in that the former one was refused for', async (t) => {
  const scene = await startScene(t);
  assert.equal((await scene.signIn((said) => said)).status, 302);
  scene.secret = 'second';
  writeFileSync(scene.secretFile, 'second\n');
  assert.equal((await scene.signIn((said) => said)).status, 401);
  assert.equal((await scene.signIn((said) => said)).status, 302);
});
