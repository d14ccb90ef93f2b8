import { z } from 'zod';

/** `GET /api/vedette/server`: what the settings show that Prometheus' status has no words for. */
export const serverState = z.strictObject({
  storage: z.strictObject({
    /** `embedded`: in files of this server; `prometheus`: another server keeps the samples. */
    engine: z.enum(['embedded', 'prometheus']),
    /** `null`: the engine elsewhere decides, or there is no limit of time. */
    retentionMs: z.number().nullable(),
    /** Of log and blocks together; `null`: as much as the disk has. */
    retentionBytes: z.number().nullable(),
    /** Shorter times for some series; the first that matches counts. */
    retentionRules: z.array(z.strictObject({ match: z.string(), retentionMs: z.number() })),
    directory: z.string(),
  }),
  scrape: z.strictObject({
    /** `global.scrape_interval`: what `$__rate_interval` of dashboards is reckoned with. */
    intervalMs: z.number(),
  }),
  reload: z.strictObject({
    isSuccess: z.boolean(),
    atMs: z.number(),
    /** Why the last one failed; `null`: it did not, or the role may not know. */
    fault: z.string().nullable(),
  }),
});
export type ServerState = z.infer<typeof serverState>;
