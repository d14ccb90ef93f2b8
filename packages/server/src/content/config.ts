import { z } from 'zod';

/** A pack that waits to be switched on: it is about something that few have, or needs an instrument of theirs. */
const optional = (file: string, about: string): z.ZodDefault<z.ZodBoolean> =>
  z.boolean().default(false).describe(`Evaluate rules/${file}: alerts about ${about}.`);

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
    http: optional('http.yml', 'availability, errors and latency of HTTP services; probes and certificates'),
    redis: optional('redis.yml', 'Redis and Valkey'),
    database: optional('database.yml', 'PostgreSQL, MySQL and MariaDB'),
    llm: optional('llm.yml', 'calls to language models: errors, latency, tokens'),
    cost: optional('cost.yml', 'money spent on language models'),
    logs: optional('logs.yml', 'Elasticsearch, OpenSearch and Fluent Bit'),
    security: optional('security.yml', 'failed sign-ins and refused requests'),
    queue: optional('queue.yml', 'queues and workers'),
    user_behavior: optional('user-behavior.yml', 'single users who do too much, for the guard'),
    sandbox: optional('sandbox.yml', 'sandboxes that run code, and Kubernetes jobs'),
  })
  .prefault({});

export type PacksConfig = z.output<typeof packsConfigSchema>;

// As many folders as teams have; each is listed at every start.
const FOLDERS_MAX = 100;

/** `ui` of vedette.yml. */
export const uiConfigSchema = z
  .strictObject({
    dashboards: z
      .array(z.string().min(1))
      .max(FOLDERS_MAX)
      .default([])
      .describe(
        'Folders with dashboards in Grafana’s JSON, shown beside the shipped ones; relative to this file, * in the last part. Read at the start and at a reload; a file that cannot be used is told as a problem.',
      ),
  })
  .prefault({});
