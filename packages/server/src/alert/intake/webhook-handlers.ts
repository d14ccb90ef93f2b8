/**
 * Who gets what comes by webhook. Each handler sees every alert of the bodies it asked for, all at once: one that
 * fails, throws or hangs does not keep the others from theirs.
 *
 * What the sender is told: all is well when every handler took the message. When one says that it may work later
 * (`UnavailableError`, or out of time), the sender is asked to send again; so handlers must bear to see a message
 * twice. A fault that will not go away is the sender's only when nobody took the message; otherwise it is logged,
 * counted and told in the answer, since sending again would not help.
 */
import { bug, ExpectedError, UnavailableError, type Clock } from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import type { WebhookMessage } from './webhook-message.ts';

export interface WebhookHandler {
  /** For messages; unlike any other's. */
  readonly name: string;
  /** The source whose messages it wants; absent: those of all. */
  readonly source?: string;
  /**
   * Takes a message, or rejects: `UnavailableError` asks for the same message again, any other error is final. May
   * get a message again that it has taken. `signal` aborts when its time is up.
   */
  handle(message: WebhookMessage, signal: AbortSignal): Promise<HandlerOutcome>;
}

export interface HandlerOutcome {
  /** Alerts that it passed over on purpose. */
  readonly ignoredCount: number;
}

export interface HandlersOutcome extends HandlerOutcome {
  /** Names of the handlers that failed for good, while others took the message. */
  readonly failed: readonly string[];
}

/** Senders give up after 10 s (Alertmanager's and Grafana's habit): an answer must come before. */
export const HANDLER_MS_MAX = 8000;

export class WebhookHandlers {
  readonly #deps: { readonly clock: Clock; readonly log: Log };
  readonly #handlers: WebhookHandler[] = [];

  constructor(deps: { readonly clock: Clock; readonly log: Log }) {
    this.#deps = deps;
  }

  register(handler: WebhookHandler): void {
    if (this.#handlers.some(({ name }) => name === handler.name))
      bug(`webhook handlers must differ in name; got "${handler.name}" twice`);
    this.#handlers.push(handler);
  }

  /** Hands a message to all who want it. Rejects with what the sender must be told. */
  async dispatch(message: WebhookMessage): Promise<HandlersOutcome> {
    const asked = this.#handlers.filter(({ source }) => source === undefined || source === message.source);
    const results = await Promise.allSettled(asked.map((handler) => this.#run(handler, message)));
    const failures: { readonly name: string; readonly error: unknown }[] = [];
    let ignoredCount = 0;
    for (const [i, result] of results.entries()) {
      if (result.status === 'fulfilled') ignoredCount = Math.max(ignoredCount, result.value.ignoredCount);
      else failures.push({ name: asked[i]?.name ?? '', error: result.reason });
    }
    for (const { name, error } of failures) this.#report(name, message.source, error);
    const passing = failures.find(({ error }) => error instanceof UnavailableError);
    if (passing !== undefined) throw passing.error;
    if (failures.length > 0 && failures.length === asked.length) throw failures[0]?.error;
    return { ignoredCount, failed: failures.map(({ name }) => name) };
  }

  async #run(handler: WebhookHandler, message: WebhookMessage): Promise<HandlerOutcome> {
    const late = Promise.withResolvers<never>();
    const controller = new AbortController();
    const timer = this.#deps.clock.setTimer(HANDLER_MS_MAX, () => {
      const error = new UnavailableError(
        'VED_INGEST_BUSY',
        `cannot take the alerts: the handler "${handler.name}" did not end within ${HANDLER_MS_MAX} ms; send again later`,
      );
      controller.abort(error);
      late.reject(error);
    });
    try {
      return await Promise.race([handler.handle(message, controller.signal), late.promise]);
    } finally {
      timer.cancel();
    }
  }

  /** What an expected error says goes to the sender; the rest is a mistake of ours. */
  #report(handler: string, source: string, error: unknown): void {
    const { log } = this.#deps;
    if (error instanceof ExpectedError) log.warn('a webhook was not taken', { handler, source, error });
    else log.error('a handler of webhooks failed; the others have the alerts', { handler, source, error });
  }
}
