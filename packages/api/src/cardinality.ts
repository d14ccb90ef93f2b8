import { z } from 'zod';

/** How many series of one name came and went. */
export const seriesTurnover = z.strictObject({
  name: z.string(),
  createdLastHour: z.number(),
  removedLastHour: z.number(),
  /** Since the start, as the next two. */
  createdTotal: z.number(),
  removedTotal: z.number(),
  /** Created less removed: by how many the head grew. */
  netTotal: z.number(),
});

const named = z.array(z.strictObject({ name: z.string(), value: z.number() })).readonly();

/**
 * `GET /api/vedette/cardinality?job=&metric=&match[]=&limit=`: who fills the head, and who keeps filling it. Each list
 * has its largest entries first, at most `limit`. What `selected` says is of the series that satisfy `job`, `metric`
 * and any `match[]`, all else of the whole head.
 */
export const cardinalityReport = z.strictObject({
  activeSeries: z.number(),
  /** `storage.metrics.series_max`. */
  seriesMax: z.number(),
  /** Active series that ended with a staleness marker, and others that nothing came for lately. */
  staleSeries: z.number(),
  stoppedSeries: z.number(),
  createdTotal: z.number(),
  removedTotal: z.number(),
  /** Active series by job, with its limit; `null`: the job has none of its own. */
  jobs: z.array(z.strictObject({ job: z.string(), activeSeries: z.number(), limit: z.number().nullable() })),
  /** The busiest creators of the last hour first. */
  turnoverByJob: z.array(seriesTurnover),
  turnoverByMetric: z.array(seriesTurnover),
  selected: z.strictObject({
    activeSeries: z.number(),
    seriesByMetric: named,
    valuesByLabel: named,
    /** Names are `label=value`. */
    seriesByLabelPair: named,
  }),
});
export type CardinalityReport = z.infer<typeof cardinalityReport>;
