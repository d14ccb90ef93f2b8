import { z } from 'zod';
import { Secret } from '../../lib/secret.ts';
import { fields } from './fields.ts';
import { atMostOne, complain, isSet, type Payload } from './rules.ts';

const { text, secretText, fileName, flag, shown, textMap } = fields;

const tlsVersion = z.enum(['TLS10', 'TLS11', 'TLS12', 'TLS13']).optional();

/** TLS of a connection, as everywhere in Prometheus' family. */
export const tlsConfig = z
  .strictObject({
    ca: text().describe('Certificates that are trusted, PEM.'),
    cert: text().describe('Own certificate, PEM.'),
    key: secretText().describe('Own private key, PEM.'),
    ca_file: fileName().describe('File with certificates that are trusted.'),
    cert_file: fileName().describe('File with the own certificate.'),
    key_file: fileName().describe('File with the own private key.'),
    server_name: text().describe('Name that the certificate must carry, instead of the host.'),
    insecure_skip_verify: shown(flag(false)).describe('Accept any certificate.'),
    min_version: tlsVersion.describe('Lowest TLS version.'),
    max_version: tlsVersion.describe('Highest TLS version.'),
  })
  .check(
    atMostOne('ca', 'ca_file'),
    atMostOne('cert', 'cert_file'),
    atMostOne('key', 'key_file'),
    (payload) => {
      const { cert, cert_file, key, key_file } = payload.value;
      const hasCertificate = isSet(cert) || isSet(cert_file);
      const hasKey = isSet(key) || isSet(key_file);
      if (hasCertificate === hasKey) return;
      const [one, other] = hasKey ? ['cert', 'key'] : ['key', 'certificate'];
      complain(
        payload,
        `exactly one of ${one} or ${one}_file must be configured when a client ${other} is configured`,
      );
    },
  );

const proxyShape = {
  proxy_url: proxyUrl().describe('Proxy between us and the receiver.'),
  no_proxy: text().describe('Hosts that are reached without the proxy, with commas between them.'),
  proxy_from_environment: flag(false).describe('Takes the proxy from the environment.'),
  proxy_connect_header: z
    .record(z.string(), z.array(secretText()))
    .optional()
    .describe('Headers for the proxy when it is asked to connect.'),
};

/** Its password must not be shown; the address is, since that is what one looks for. */
function proxyUrl() {
  const schema = z
    .string()
    .transform((address) => (address === '' ? undefined : new Secret(address)))
    .optional();
  return fields.printedAs(schema, (address) => address && fields.withoutPassword(address.reveal()));
}

const oauth2 = z
  .strictObject({
    client_id: text().describe('Name of the client.'),
    client_secret: secretText().describe('Its secret.'),
    client_secret_file: fileName().describe('File with its secret.'),
    scopes: z.array(z.string()).default([]).describe('What is asked for.'),
    token_url: text().describe('Where tokens come from.'),
    endpoint_params: textMap().describe('Further parameters of the request for a token.'),
    tls_config: tlsConfig.optional().describe('TLS of the request for a token.'),
    ...proxyShape,
  })
  .check(atMostOne('client_secret', 'client_secret_file', 'oauth2 '), (payload) => {
    if (payload.value.client_id === '') complain(payload, 'oauth2 client_id must be configured');
    if (payload.value.token_url === '') complain(payload, 'oauth2 token_url must be configured');
  });

const basicAuth = z
  .strictObject({
    username: text().describe('User name.'),
    username_file: fileName().describe('File with the user name.'),
    password: secretText().describe('Password.'),
    password_file: fileName().describe('File with the password.'),
  })
  .check(
    atMostOne('username', 'username_file', 'basic_auth '),
    atMostOne('password', 'password_file', 'basic_auth '),
  );

const authorization = z
  .strictObject({
    type: text().describe('First word of the Authorization header; Bearer when empty.'),
    credentials: secretText().describe('What follows it.'),
    credentials_file: fileName().describe('File with what follows it.'),
  })
  .check(atMostOne('credentials', 'credentials_file', 'authorization '), (payload) => {
    if (payload.value.type.trim().toLowerCase() === 'basic')
      complain(payload, 'authorization type cannot be set to "basic", use "basic_auth" instead', ['type']);
  })
  .transform((given) => ({ ...given, type: given.type.trim() || 'Bearer' }));

const header = z.strictObject({
  values: z.array(z.string()).default([]).describe('Values.'),
  secrets: z.array(secretText()).default([]).describe('Values that are not printed.'),
  files: z.array(fileName()).default([]).describe('Files with values.'),
});

/** How HTTP is spoken with a receiver. Absent in a receiver means that of `global`, as a whole. */
export const httpConfig = z
  .strictObject({
    basic_auth: basicAuth.optional().describe('User and password.'),
    authorization: authorization.optional().describe('Authorization header.'),
    oauth2: oauth2.optional().describe('A token of OAuth 2.0 as Authorization header.'),
    bearer_token: secretText().describe('Old form of authorization.credentials.'),
    bearer_token_file: fileName().describe('Old form of authorization.credentials_file.'),
    tls_config: tlsConfig.optional().describe('TLS of the connection.'),
    follow_redirects: shown(flag(true)).describe('Follow redirects.'),
    enable_http2: shown(flag(true)).describe('Speak HTTP/2 where the other side does.'),
    ...proxyShape,
    http_headers: z.record(z.string(), header).optional().describe('Further request headers.'),
  })
  .check(checkCredentials, checkProxy)
  .transform(withoutOldForms);

export type HttpClientConfig = z.output<typeof httpConfig>;

interface Credentials {
  readonly basic_auth?: unknown;
  readonly authorization?: unknown;
  readonly oauth2?: unknown;
  readonly bearer_token?: unknown;
  readonly bearer_token_file?: unknown;
}

function checkCredentials(payload: Payload<Credentials>): void {
  const { basic_auth, authorization: auth, oauth2: token, bearer_token, bearer_token_file } = payload.value;
  atMostOne('bearer_token', 'bearer_token_file')(payload);
  const hasBearer = isSet(bearer_token) || isSet(bearer_token_file);
  if (hasBearer && (isSet(basic_auth) || isSet(token)))
    complain(
      payload,
      'at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured',
    );
  if (hasBearer && isSet(auth))
    complain(payload, 'authorization is not compatible with bearer_token & bearer_token_file');
  if ([basic_auth, auth, token].filter(isSet).length > 1)
    complain(payload, 'at most one of basic_auth, oauth2 & authorization must be configured');
}

interface Proxy {
  readonly proxy_url?: Secret | undefined;
  readonly no_proxy: string;
  readonly proxy_from_environment: boolean;
  readonly proxy_connect_header?: object | undefined;
}

function checkProxy(payload: Payload<Proxy>): void {
  const { proxy_url, no_proxy, proxy_from_environment, proxy_connect_header } = payload.value;
  if (proxy_from_environment && proxy_url !== undefined)
    complain(payload, 'if proxy_from_environment is configured, proxy_url must not be configured', [
      'proxy_url',
    ]);
  if (proxy_from_environment && no_proxy !== '')
    complain(payload, 'if proxy_from_environment is configured, no_proxy must not be configured', [
      'no_proxy',
    ]);
  if (!proxy_from_environment && proxy_url === undefined && no_proxy !== '')
    complain(payload, 'if no_proxy is configured, proxy_url must also be configured', ['no_proxy']);
  if (!proxy_from_environment && proxy_url === undefined && proxy_connect_header !== undefined)
    complain(
      payload,
      'if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured',
      ['proxy_connect_header'],
    );
}

/** Tokens in their old form become an authorization: senders know one form. */
function withoutOldForms<
  T extends {
    authorization?: z.output<typeof authorization> | undefined;
    bearer_token?: z.output<ReturnType<typeof secretText>>;
    bearer_token_file: string;
  },
>(given: T): T {
  const { bearer_token: credentials, bearer_token_file: credentials_file } = given;
  if (!isSet(credentials) && !isSet(credentials_file)) return given;
  const auth = { type: 'Bearer', credentials, credentials_file };
  return { ...given, authorization: auth, bearer_token: undefined, bearer_token_file: '' };
}
