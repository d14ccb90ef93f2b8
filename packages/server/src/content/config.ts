import { z } from 'zod';

/** `packs` of vedette.yml: which shipped content is used. */
export const packsConfigSchema = z
  .strictObject({
    // On: a first start must warn of a full disk without any configuration; every alert stays silent where its metrics are missing.
    host: z
      .boolean()
      .default(true)
      .describe('Evaluate rules/host.yml: alerts about machines, targets and Vedette itself.'),
    containers: z
      .boolean()
      .optional()
      .describe(
        'Evaluate rules/containers.yml: alerts about containers. Left out: while containers are watched (`containers.enabled`).',
      ),
  })
  .prefault({});

export type PacksConfig = z.output<typeof packsConfigSchema>;
