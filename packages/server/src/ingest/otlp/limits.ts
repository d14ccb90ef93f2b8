/** What one request may hold. Each limit is named in the error or in the refusal that it causes. */
export const OTLP_LIMITS = {
  /** 20 MiB, compressed or not: what the OTLP specification recommends, and the default of the Collector's receiver. */
  bodyBytesMax: 20 * 1024 * 1024,
  /** Requests in work may hold three largest bodies; what comes beyond is asked to come again, so that memory stays bounded. */
  inFlightBytesMax: 60 * 1024 * 1024,
  /**
   * Points, metrics, attributes, exemplars and so on, each some 50 to 100 bytes of memory: 150 MiB at most. A body of
   * 20 MiB as SDKs write it has about 1.2 million (100,000 points with ten attributes).
   */
  partCountMax: 2_000_000,
  /** One data point, resource or scope. The largest known, a histogram of 1,000 buckets with 60 attributes, has 30 KiB as JSON; a millisecond of work. */
  partBytesMax: 128 * 1024,
  /** Label sets of the series of one request: each bucket of a histogram repeats its own. 200,000 series of 300 bytes. */
  seriesBytesMax: 64 * 1024 * 1024,
  /** Buckets of one point; SDKs stop at 160, and each is a series of its own in a classic histogram. */
  bucketCountMax: 5000,
  /** Labels of one series, as for scraped samples. */
  labelCountMax: 128,
  /** Of a label's name, and of a metric's. */
  nameBytesMax: 1024,
  /** Of a label's value: statements of SQL as attributes end here. */
  valueBytesMax: 16 * 1024,
  /** Lists within lists within an attribute's value. Conventions know one level. */
  valueDepthMax: 16,
  /** Exemplars of one point; SDKs keep one for each bucket. Further ones are left out. */
  exemplarCountMax: 200,
  /** Descriptions are cut here: help texts are sentences. */
  helpCharactersMax: 1024,
  /** Samples of target_info for one resource of one request: 2.5 minutes apart, they cover the 2.5 hours a queue may hold back. */
  infoSampleCountMax: 60,
  /** Series of delta temporality whose sums are kept; about 500 bytes each with its key, 50 MiB. Further ones are refused. */
  deltaSeriesMax: 100_000,
  /** Buckets of all delta histograms together, 8 bytes each. */
  deltaBucketsMax: 4_000_000,
  /** Buckets of one side of a summed exponential histogram, as SDKs have it; beyond, its resolution is halved. */
  deltaExponentialBucketsMax: 160,
} as const;

/** A delta series that was silent for so long has ended: one that moves every hour still adds up. */
export const DELTA_EXPIRY_MS = 2 * 3_600_000;
