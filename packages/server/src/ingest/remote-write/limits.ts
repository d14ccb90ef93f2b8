/**
 * What one write request may hold. A request over the first group of limits is refused as a whole, before anything
 * of it is stored; of the second group what is over is refused, and the rest of the request is stored.
 */

// Upstream's limit on the content (Prometheus 3.12). The body over the wire has the same: packed it is no longer.
export const BODY_BYTES_MAX = 32 * 1024 * 1024;

// A series with a name, three short labels and one sample takes some 64 bytes: this many fill the largest body.
export const SERIES_PER_REQUEST_MAX = 500_000;

// Each series of the largest request with a value of its own, and as many names and values that are shared.
export const SYMBOLS_PER_REQUEST_MAX = 1_000_000;

// Twice what the strictest receivers in the field take by default (Mimir 30, VictoriaMetrics 40), and room above.
export const LABELS_PER_SERIES_MAX = 128;

// Mimir's default; nobody writes such a name by hand.
export const LABEL_NAME_BYTES_MAX = 1024;

// Twice VictoriaMetrics' default; long URLs and container annotations stay below.
export const LABEL_VALUE_BYTES_MAX = 8 * 1024;

// Names, values and their lengths together: what the embedded store takes as a series key.
export const SERIES_KEY_BYTES_MAX = 16 * 1024;

// Numbers in the spans, counts and bounds of one histogram: 10,000 buckets even when each has a span of its own.
// Senders keep below 200 buckets.
export const HISTOGRAM_CELLS_MAX = 40_000;

// A histogram becomes objects and numbers of about 8 bytes a cell; with 20 cells for its fixed part, spans and counts
// on top, a request's histograms stay below some 100 MB.
export const HISTOGRAM_CELLS_PER_REQUEST_MAX = 4_000_000;
export const HISTOGRAM_CELLS_FIXED = 20;

// As many as upstream keeps of all series together.
export const EXEMPLARS_PER_REQUEST_MAX = 100_000;

// OpenMetrics allows 128 characters in an exemplar's labels, which 8 labels fill; the store checks those.
export const LABELS_PER_EXEMPLAR_MAX = 32;

// The store keeps 20,000 families; senders split theirs over requests of 2,000.
export const METADATA_PER_REQUEST_MAX = 20_000;

// A help text is a sentence; the longest of common exporters has 500 bytes.
export const METADATA_TEXT_BYTES_MAX = 4096;

// Texts of faults in an answer: enough to find the sender's mistake, and no more than a log line or two.
export const FAULTS_SHOWN_MAX = 5;
export const FAULT_LABELS_CHARACTERS_MAX = 300;
