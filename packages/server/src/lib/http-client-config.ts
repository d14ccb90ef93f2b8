import { z } from 'zod';
import { secret } from './schema.ts';
import type { Secret } from './secret.ts';

/**
 * How to speak HTTP with another server: the keys that Prometheus has wherever it is a client.
 * File names are read at use, relative to the folder of the configuration file.
 */
const basicAuth = z
  .strictObject({
    username: z.string().optional().describe('User name.'),
    username_file: z.string().optional().describe('File with the user name.'),
    password: secret.optional().describe('Password.'),
    password_file: z.string().optional().describe('File with the password.'),
  })
  .check(atMostOne('username', 'username_file'), atMostOne('password', 'password_file'));

const authorization = z
  .strictObject({
    type: z
      .string()
      .trim()
      .default('Bearer')
      .refine((type) => type.toLowerCase() !== 'basic', 'cannot be "basic"; use basic_auth instead')
      .describe('Scheme of the Authorization header.'),
    credentials: secret.optional().describe('What follows the scheme.'),
    credentials_file: z.string().optional().describe('File with what follows the scheme.'),
  })
  .check(atMostOne('credentials', 'credentials_file'));

const tlsVersion = z.enum(['TLS10', 'TLS11', 'TLS12', 'TLS13']);

const tlsConfig = z
  .strictObject({
    ca: z.string().optional().describe('Certificates that are trusted, PEM.'),
    ca_file: z.string().optional().describe('File with certificates that are trusted.'),
    cert: z.string().optional().describe('Own certificate, PEM.'),
    cert_file: z.string().optional().describe('File with the own certificate.'),
    key: secret.optional().describe('Own private key, PEM.'),
    key_file: z.string().optional().describe('File with the own private key.'),
    server_name: z.string().optional().describe('Name that the certificate must carry, instead of the host.'),
    insecure_skip_verify: z.boolean().default(false).describe('Accept any certificate.'),
    min_version: tlsVersion.optional().describe('Lowest TLS version.'),
    max_version: tlsVersion.optional().describe('Highest TLS version.'),
  })
  .check(
    atMostOne('ca', 'ca_file'),
    atMostOne('cert', 'cert_file'),
    atMostOne('key', 'key_file'),
    (context) => {
      const hasCertificate = (context.value.cert ?? context.value.cert_file) !== undefined;
      const hasKey = (context.value.key ?? context.value.key_file) !== undefined;
      if (hasCertificate !== hasKey)
        context.issues.push({
          code: 'custom',
          input: context.value,
          message: 'a client certificate needs both cert or cert_file and key or key_file',
        });
    },
  );

/** Headers that a client of ours sets itself, or that would change what the answer means. */
export const RESERVED_HEADERS: readonly string[] = [
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'transfer-encoding',
  'user-agent',
  'www-authenticate',
];

const RESERVED: ReadonlySet<string> = new Set([...RESERVED_HEADERS, 'x-prometheus-scrape-timeout-seconds']);

const header = z.strictObject({
  values: z.array(z.string()).default([]).describe('Values.'),
  secrets: z.array(secret).default([]).describe('Values that are not printed.'),
  files: z.array(z.string()).default([]).describe('Files with values.'),
});

const headers = z.record(z.string(), header).check((context) => {
  for (const name of Object.keys(context.value)) {
    const isName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
    if (isName && !RESERVED.has(name.toLowerCase())) continue;
    const reason = isName ? 'is set by the client itself' : 'is no header name';
    context.issues.push({
      code: 'custom',
      input: name,
      path: [name],
      message: `header ${JSON.stringify(name)} cannot be set: it ${reason}`,
    });
  }
});

/** Keys that Prometheus spreads over each configuration of a client; spread into its schema. */
export const httpClientShape = {
  basic_auth: basicAuth.optional().describe('User and password.'),
  authorization: authorization.optional().describe('Authorization header.'),
  bearer_token: secret.optional().describe('Short for authorization.credentials.'),
  bearer_token_file: z.string().optional().describe('Short for authorization.credentials_file.'),
  tls_config: tlsConfig.optional().describe('TLS with the target.'),
  follow_redirects: z.boolean().default(true).describe('Follow redirects, at most 10.'),
  enable_http2: z.boolean().default(true).describe('Accepted for compatibility: HTTP/1.1 is spoken.'),
  http_headers: headers.optional().describe('Further request headers.'),
};

/** Ways to a server that Prometheus' HTTP client has and ours does not. */
export const UNSUPPORTED_HTTP_CLIENT_KEYS = [
  'oauth2',
  'proxy_url',
  'proxy_from_environment',
  'proxy_connect_header',
  'no_proxy',
] as const;

export type HttpClientConfig = z.output<typeof httpClient>;

const httpClient = z.object(httpClientShape);

/** Faults between the keys, for the schema that spreads them in. */
export function checkHttpClient(context: z.core.ParsePayload<HttpClientConfig>): void {
  const { basic_auth, authorization: auth, bearer_token, bearer_token_file } = context.value;
  const ways = [basic_auth, auth, bearer_token, bearer_token_file].filter((way) => way !== undefined);
  if (ways.length > 1)
    context.issues.push({
      code: 'custom',
      input: context.value,
      message:
        'at most one of basic_auth, authorization, bearer_token & bearer_token_file must be configured',
    });
}

function atMostOne<K extends string>(
  a: K,
  b: K,
): (context: z.core.ParsePayload<{ readonly [key in K]?: string | Secret | undefined }>) => void {
  return (context) => {
    if (context.value[a] !== undefined && context.value[b] !== undefined)
      context.issues.push({
        code: 'custom',
        input: context.value,
        path: [b],
        message: `at most one of ${a} & ${b} must be configured`,
      });
  };
}
