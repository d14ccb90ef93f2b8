/**
 * The provider, by openid-client: authorization code with PKCE, state and nonce; the id token's signature, issuer,
 * audience and times are checked there. Loaded when somebody signs in. What the provider supports is read then, and again
 * after a failure: a provider that is down does not keep this server from starting, nor others from signing in otherwise.
 */
import type { Clock, Files } from '@vedette/model';
import * as oidc from 'openid-client';
import { isLoopbackHost } from '../origin.ts';
import type { OidcConfig } from './config.ts';
import type { PendingSignIn } from './pending-sign-in.ts';
import { claimOf, type Claims } from './roles.ts';

// Somebody waits for it.
const ANSWER_SECONDS_MAX = 10;

// Anybody can bring wrong codes: the provider is not asked for its settings each time.
const FORGET_MS_MIN = 60_000;

export interface ProviderPerson {
  /** Issuer and subject: what never changes about a person. */
  readonly subject: string;
  readonly claims: Claims;
}

export class OidcProvider {
  readonly #clock: Clock;
  readonly #files: Files;
  readonly #config: OidcConfig;
  #discovered: Promise<oidc.Configuration> | undefined;
  #forgottenMs = -Infinity;

  constructor(deps: { readonly clock: Clock; readonly files: Files }, config: OidcConfig) {
    this.#clock = deps.clock;
    this.#files = deps.files;
    this.#config = config;
  }

  /** Where to send the browser, and what it must bring back. Rejects when the provider cannot be reached. */
  async begin(redirectUri: string): Promise<{ readonly url: string } & Omit<PendingSignIn, 'returnTo'>> {
    const configuration = await this.#discover();
    const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.#config.scopes.join(' '),
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    return { url: url.href, state, nonce, verifier };
  }

  /** Who came back. Rejects for a wrong state, a code that was used, an id token that is not for us. */
  async finish(address: URL, pending: PendingSignIn): Promise<ProviderPerson> {
    const configuration = await this.#discover();
    const tokens = await oidc
      .authorizationCodeGrant(configuration, address, {
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.verifier,
        idTokenExpected: true,
      })
      .catch((error: unknown) => {
        // The provider's settings, or the secret in our file, may be others by now: the next sign-in reads both.
        this.#forget();
        throw error;
      });
    const claims = tokens.claims();
    if (claims === undefined) throw new Error('the provider sent no id token');
    const subject = `${claims.iss} ${claims.sub}`;
    if (claimOf(claims, this.#config.role_claim) !== undefined) return { subject, claims };
    // Many put groups only into what is asked for separately.
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return { subject, claims };
    const more = await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub);
    return { subject, claims: { ...more, ...claims } };
  }

  #forget(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#forgottenMs < FORGET_MS_MIN) return;
    this.#forgottenMs = nowMs;
    this.#discovered = undefined;
  }

  #discover(): Promise<oidc.Configuration> {
    this.#discovered ??= this.#load().catch((error: unknown) => {
      this.#discovered = undefined;
      throw error;
    });
    return this.#discovered;
  }

  async #load(): Promise<oidc.Configuration> {
    const { issuer, client_id, client_secret_file } = this.#config;
    const secret =
      client_secret_file === undefined
        ? undefined
        : new TextDecoder().decode(await this.#files.read(client_secret_file)).trim();
    const url = new URL(issuer);
    const isPlain = url.protocol === 'http:';
    if (isPlain && !isLoopbackHost(url.host))
      throw new Error(`server.oidc.issuer must be https unless it is on loopback; got "${issuer}"`);
    const configuration = await oidc.discovery(
      url,
      client_id,
      undefined,
      secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret),
      {
        timeout: ANSWER_SECONDS_MAX,
        // Else the signature is not looked at: the token comes from the provider itself, which TLS proves, where there is TLS.
        execute: [oidc.enableNonRepudiationChecks, ...(isPlain ? [oidc.allowInsecureRequests] : [])],
      },
    );
    const algorithms = configuration.serverMetadata().id_token_signing_alg_values_supported ?? [];
    if (algorithms.length > 0 && algorithms.every((name) => name.startsWith('HS')))
      throw new Error(
        `cannot use the provider at "${issuer}": it signs id tokens with ${algorithms.join(', ')} alone; give it a signing key (RS256 or ES256)`,
      );
    return configuration;
  }
}
