/**
 * Posts Alertmanager's webhook body to an address. Any 2xx is a delivery; 5xx, 408, 429 and a missing
 * answer are tried again; everything else is final. The header `Idempotency-Key` carries the id of the
 * notification, so that a receiver can tell a repetition after a crash from a second message.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError, TimeoutError, type Clock } from '@vedette/model';
import { postHttp, resultOf, type TlsFiles } from '../http-client.ts';
import type { Notification, Receiver, SendResult } from '../receiver.ts';
import { webhookBody } from './body.ts';
import type { HttpConfig, WebhookConfig } from './config.ts';

export interface WebhookDeps {
  readonly clock: Clock;
  readonly externalUrl: string;
  /** Stands in the User-Agent: `Vedette/0.1.0`. */
  readonly version: string;
  /** Relative paths of files in the configuration start here. */
  readonly baseDirectory: string;
}

export function createWebhookReceiver(
  deps: WebhookDeps,
  options: { readonly name: string; readonly index: number; readonly config: WebhookConfig },
): Receiver {
  const { config } = options;
  return {
    name: options.name,
    integration: 'webhook',
    index: options.index,
    sendsResolved: config.send_resolved,
    send: async (notification, signal) => {
      const timeout = new AbortController();
      const timer =
        config.timeout === 0
          ? undefined
          : deps.clock.setTimer(config.timeout, () => timeout.abort(timeoutErrorOf(config.timeout)));
      try {
        return await post(deps, config, notification, AbortSignal.any([signal, timeout.signal]));
      } catch (error) {
        return failureOf(error, signal.aborted);
      } finally {
        timer?.cancel();
      }
    },
  };
}

async function post(
  deps: WebhookDeps,
  config: WebhookConfig,
  notification: Notification,
  signal: AbortSignal,
): Promise<SendResult> {
  const at = (file: string): string => resolve(deps.baseDirectory, file);
  const authorization = await authorizationOf(config.http_config, at);
  const { externalUrl } = deps;
  const answer = await postHttp(
    {
      url: await urlOf(config, at),
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': `Vedette/${deps.version}`,
        'Idempotency-Key': notification.id,
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
      body: webhookBody(notification, { externalUrl, alertsMax: config.max_alerts }),
      tls: tlsOf(config.http_config, at),
    },
    signal,
  );
  return resultOf(answer, deps.clock.nowMs());
}

async function urlOf(config: WebhookConfig, at: (file: string) => string): Promise<URL> {
  const text = config.url?.reveal() ?? (await readTrimmed(at(config.url_file ?? '')));
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new InputError(
    'VED_CONFIG_INVALID',
    `cannot use the content of "${config.url_file}": want an http or https address`,
  );
}

async function authorizationOf(http: HttpConfig, at: (file: string) => string): Promise<string | undefined> {
  const { basic_auth: basic, authorization } = http;
  const reveal = async (text: { reveal(): string } | undefined, file: string | undefined): Promise<string> =>
    text?.reveal() ?? (file === undefined ? '' : await readTrimmed(at(file)));
  if (basic !== undefined) {
    const password = await reveal(basic.password, basic.password_file);
    return `Basic ${Buffer.from(`${basic.username}:${password}`).toString('base64')}`;
  }
  if (authorization !== undefined)
    return `${authorization.type} ${await reveal(authorization.credentials, authorization.credentials_file)}`;
  if (http.bearer_token === undefined && http.bearer_token_file === undefined) return undefined;
  return `Bearer ${await reveal(http.bearer_token, http.bearer_token_file)}`;
}

function tlsOf(http: HttpConfig, at: (file: string) => string): TlsFiles {
  const { tls_config: tls } = http;
  const place = (file: string | undefined): string | undefined => (file === undefined ? undefined : at(file));
  return {
    ...tls,
    ca_file: place(tls?.ca_file),
    cert_file: place(tls?.cert_file),
    key_file: place(tls?.key_file),
  };
}

async function readTrimmed(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trim();
}

function timeoutErrorOf(timeoutMs: number): TimeoutError {
  return new TimeoutError('VED_NOTIFY_FAILED', `no answer within ${timeoutMs} ms`);
}

function failureOf(error: unknown, isDeadline: boolean): SendResult {
  const reason = error instanceof Error ? error.message : String(error);
  const isTimeout = isDeadline || error instanceof TimeoutError;
  return { kind: 'failed', isRetriable: true, category: isTimeout ? 'deadline' : 'network', error: reason };
}
