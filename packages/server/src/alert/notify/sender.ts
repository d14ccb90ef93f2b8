/**
 * What a channel is made of. A folder each: `config.ts` (its keys), the sender, its tests; one line in
 * `compose-receivers.ts` and one in `config/support.ts` make it known.
 *
 * A sender fills its texts (`texts.ts`), speaks with the other side (`channel-http.ts`), and judges the
 * answer; `attempt` turns whatever goes wrong on the way into a result.
 */
import { TimeoutError, type Clock, type Files } from '@vedette/model';
import type { NotificationTemplates } from '@vedette/gotemplate';
import type { Secret } from '../../lib/secret.ts';
import type { Log } from '../../telemetry/log.ts';
import type { WebhookHandler } from '../intake/webhook-handlers.ts';
import type { Receiver, SendResult } from './receiver.ts';
import { TemplateFault } from './texts.ts';
import type { PushDesk } from './web-push/push-desk.ts';

export interface SenderDeps {
  readonly clock: Clock;
  /** For files with secrets: read at each attempt, so that a renewed one counts at once. */
  readonly files: Pick<Files, 'read'>;
  readonly log: Log;
  /** Stands in the User-Agent: `Vedette/0.1.0`. */
  readonly version: string;
  /** Where links in messages lead; without a slash at the end. */
  readonly externalUrl: string;
  readonly templates: NotificationTemplates;
  /** Hears what is sent, before it leaves, secrets hidden; absent: nobody listens. */
  readonly onMessage?: ((text: string) => void) | undefined;
  /** The guard of this process; made when the first alert comes for it. */
  readonly guard: () => Promise<Pick<WebhookHandler, 'handle'>>;
  /** The devices that want notifications; rejects where there can be none. */
  readonly push: () => Promise<PushDesk>;
}

export interface SenderOptions<Config> {
  /** Of the receiver in the configuration. */
  readonly name: string;
  /** Position among the integrations of its kind in that receiver. */
  readonly index: number;
  /** With everything inherited from `global` in its place, and file names absolute. */
  readonly config: Config;
}

export type CreateSender<Config> = (deps: SenderDeps, options: SenderOptions<Config>) => Receiver;

export interface AttemptLimits {
  /** 0 leaves it to the deadline of the group. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * One attempt within its time limit. Texts that cannot be filled are final: they would fail again. All
 * else that is thrown may pass (the network, a file with a secret that is just being replaced).
 */
export async function attempt(
  clock: Clock,
  { timeoutMs, signal }: AttemptLimits,
  send: (signal: AbortSignal) => Promise<SendResult>,
): Promise<SendResult> {
  const timeout = new AbortController();
  const timer =
    timeoutMs === 0
      ? undefined
      : clock.setTimer(timeoutMs, () =>
          timeout.abort(new TimeoutError('VED_NOTIFY_FAILED', `no answer within ${timeoutMs} ms`)),
        );
  try {
    return await send(AbortSignal.any([signal, timeout.signal]));
  } catch (error) {
    return failureOf(error, signal.aborted);
  } finally {
    timer?.cancel();
  }
}

/** The text of a secret that stands inline or in a file; empty when neither is set. */
export async function revealed(
  files: Pick<Files, 'read'>,
  inline: Secret | undefined,
  file: string | undefined,
): Promise<string> {
  if (inline !== undefined) return inline.reveal();
  if (file === undefined || file === '') return '';
  return Buffer.from(await files.read(file))
    .toString('utf8')
    .trim();
}

function failureOf(error: unknown, isDeadline: boolean): SendResult {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof TemplateFault)
    return { kind: 'failed', isRetriable: false, category: 'other', error: reason };
  const isTimeout = isDeadline || error instanceof TimeoutError;
  return { kind: 'failed', isRetriable: true, category: isTimeout ? 'deadline' : 'network', error: reason };
}
