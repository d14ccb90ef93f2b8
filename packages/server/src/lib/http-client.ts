import type { Agent, OutgoingHttpHeaders } from 'node:http';
import * as https from 'node:https';
import * as path from 'node:path';
import { InputError, type ErrorCode, type Files } from '@vedette/model';
import type { HttpClientConfig } from './http-client-config.ts';
import { http } from './node-http.ts';

export interface HttpAgents {
  readonly http: Agent;
  readonly https: https.Agent;
}

/**
 * Connections and credentials of one client. Files with secrets and certificates are read for each request,
 * so that a renewed one counts at once; connections are kept alive until the TLS material changes.
 */
export class HttpClient {
  readonly #files: Pick<Files, 'read'>;
  readonly #config: HttpClientConfig;
  readonly #directory: string;
  readonly #errorCode: ErrorCode;
  readonly #keepAlive: boolean;
  #tlsFingerprint = '';
  #agents: HttpAgents;

  /**
   * `errorCode` is that of the `InputError` for a file that cannot be read. With `keepAlive` false each
   * request has a connection of its own: for requests that are rare and must not meet one that was closed.
   */
  constructor(
    deps: { files: Pick<Files, 'read'> },
    options: { config: HttpClientConfig; directory: string; errorCode?: ErrorCode; keepAlive?: boolean },
  ) {
    this.#files = deps.files;
    this.#errorCode = options.errorCode ?? 'VED_SCRAPE_FAILED';
    this.#keepAlive = options.keepAlive ?? true;
    this.#config = options.config;
    this.#directory = options.directory;
    this.#agents = createAgents({ keepAlive: this.#keepAlive });
  }

  /** Agents with the present TLS material. */
  async agents(): Promise<HttpAgents> {
    const config = this.#config.tls_config;
    if (config === undefined) return this.#agents;
    const [ca, cert, key] = await Promise.all([
      this.#textOf(config.ca, config.ca_file),
      this.#textOf(config.cert, config.cert_file),
      this.#textOf(config.key?.reveal(), config.key_file),
    ]);
    const fingerprint = JSON.stringify([ca, cert, key]);
    if (fingerprint === this.#tlsFingerprint) return this.#agents;
    const agents = createAgents({
      keepAlive: this.#keepAlive,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(config.server_name === undefined ? {} : { servername: config.server_name }),
      ...(config.min_version === undefined ? {} : { minVersion: TLS_VERSIONS[config.min_version] }),
      ...(config.max_version === undefined ? {} : { maxVersion: TLS_VERSIONS[config.max_version] }),
      rejectUnauthorized: !config.insecure_skip_verify,
    });
    this.close();
    this.#agents = agents;
    this.#tlsFingerprint = fingerprint;
    return agents;
  }

  /** Headers that carry secrets: never printed, never sent to another origin. */
  async secretHeaders(): Promise<OutgoingHttpHeaders> {
    const headers: Record<string, string | string[]> = {};
    for (const [name, { values, secrets, files }] of Object.entries(this.#config.http_headers ?? {})) {
      const fromFiles = await Promise.all(files.map((file) => this.#read(file)));
      headers[name] = [...values, ...secrets.map((text) => text.reveal()), ...fromFiles];
    }
    const authorization = await this.#authorization();
    if (authorization !== undefined) headers['authorization'] = authorization;
    return headers;
  }

  /** Closes idle connections; those in use are closed when their request ends. */
  close(): void {
    closeIdle(this.#agents.http);
    closeIdle(this.#agents.https);
  }

  async #authorization(): Promise<string | undefined> {
    const { basic_auth: basic, authorization, bearer_token, bearer_token_file } = this.#config;
    if (basic !== undefined) {
      const user = (await this.#textOf(basic.username, basic.username_file)) ?? '';
      const password = (await this.#textOf(basic.password?.reveal(), basic.password_file)) ?? '';
      return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    }
    const credentials = await this.#textOf(
      authorization?.credentials?.reveal() ?? bearer_token?.reveal(),
      authorization?.credentials_file ?? bearer_token_file,
    );
    return credentials === undefined ? undefined : `${authorization?.type ?? 'Bearer'} ${credentials}`;
  }

  async #textOf(inline: string | undefined, file: string | undefined): Promise<string | undefined> {
    return file === undefined ? inline : await this.#read(file);
  }

  async #read(file: string): Promise<string> {
    const full = path.resolve(this.#directory, file);
    try {
      return Buffer.from(await this.#files.read(full))
        .toString('utf8')
        .trim();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InputError(this.#errorCode, `cannot read file "${full}": ${reason}`, { cause: error });
    }
  }
}

/** The versions in the words of Prometheus' configuration, and in Node's. */
export const TLS_VERSIONS = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;

function createAgents(options: https.AgentOptions & { readonly keepAlive: boolean }): HttpAgents {
  return {
    http: new http.Agent({ keepAlive: options.keepAlive }),
    https: new https.Agent(options),
  };
}

function closeIdle(agent: Agent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}
