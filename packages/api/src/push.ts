import { z } from 'zod';

/**
 * Notifications on devices (Web Push), and acknowledging alerts from them.
 *
 * - `GET /api/vedette/push/key` (viewer): `PushKey`, what a browser subscribes with.
 * - `POST /api/vedette/push/subscriptions` (viewer): `pushSubscribe`; the same device again replaces its own.
 * - `DELETE /api/vedette/push/subscriptions`, `POST /api/vedette/push/test` (viewer): `pushDevice`.
 * - `POST /api/vedette/alerts/acknowledge` (its own key): `acknowledgeRequest`; makes a silence of an hour.
 */
export interface PushKey {
  /** Base64url, uncompressed point on P-256. */
  readonly publicKey: string;
}

const endpoint = z.string().min(1).max(2048);

export const pushSubscribe = z.strictObject({
  subscription: z.object({
    endpoint,
    keys: z.object({
      /** 65 bytes: an uncompressed point. */
      p256dh: z.string().regex(/^[\w-]{87}=?$/),
      /** 16 bytes. */
      auth: z.string().regex(/^[\w-]{22}={0,2}$/),
    }),
  }),
  /** How its owner calls it. */
  device: z.string().trim().min(1).max(100),
  language: z.enum(['en', 'zh-Hans', 'zh-Hant']),
});

/** One's own device, by the address that only it and the server know. */
export const pushDevice = z.strictObject({ endpoint });

export const acknowledgeRequest = z.strictObject({ key: z.string().min(1).max(512) });

/** The silence that was made. */
export interface Acknowledged {
  readonly silenceId: string;
  readonly untilMs: number;
}
