import { z } from 'zod';

/** One channel of a receiver: a place that messages go to. */
export const receiverChannel = z.strictObject({
  /** The kind of channel, and its place among those of its kind in the receiver, from 0. */
  integration: z.string(),
  index: z.number(),
  /** Where it leads, without secrets: a host, an address of mail, the name of a room. `null`: it stands in a file. */
  place: z.string().nullable(),
  /** False: a test would act on people or machines instead of telling somebody. */
  isTestable: z.boolean(),
  /** Among the newest attempts; `null`: none of them was its. */
  lastAttempt: z
    .strictObject({
      atMs: z.number(),
      outcome: z.enum(['delivered', 'failed']),
      error: z.string().nullable(),
    })
    .nullable(),
});
export type ReceiverChannel = z.infer<typeof receiverChannel>;

/** `GET /api/vedette/receivers`: those of the configuration, in its order. */
export const receiverSummary = z.strictObject({
  name: z.string(),
  /** Some route leads to it. */
  isRouted: z.boolean(),
  channels: z.array(receiverChannel),
});
export type ReceiverSummary = z.infer<typeof receiverSummary>;

/** `POST /api/vedette/receivers/NAME/test` (operator): sends a marked test alert through one channel, once. */
export const receiverTestRequest = z.strictObject({
  integration: z.string().min(1).max(100),
  index: z.number().int().min(0).max(10_000),
});

/** How that ended. A channel that refuses is an answer, no fault of the request. */
export const receiverTestResult = z.strictObject({
  outcome: z.enum(['delivered', 'failed']),
  tookMs: z.number(),
  error: z.string().nullable(),
  /** What the other side said; `null`: nothing, or nothing that has a status. */
  answer: z.strictObject({ status: z.number(), text: z.string() }).nullable(),
  /** What was sent, its beginning, secrets hidden; `null`: it did not come so far, or the channel has no text. */
  message: z.string().nullable(),
});
export type ReceiverTestResult = z.infer<typeof receiverTestResult>;
