/** Limits of inbound HTTP. Each refuses with a status that says so; none is silent. */

// Query forms are the largest bodies of this surface: Grafana's longest expressions stay below 100 kB,
// and a matcher list of a whole dashboard variable below 1 MB. Ingest routes set their own.
export const BODY_BYTES_MAX = 1024 * 1024;

// Node's default is 16 KiB for all headers; a proxy's cookies and trace headers stay far below.
export const HEADER_BYTES_MAX = 16 * 1024;

// A whole request (headers and body) must have arrived by then: slow-loris clients hold a socket no longer.
export const REQUEST_RECEIVE_MS_MAX = 60_000;

// Headers come in one or two packets. Together with CONNECTIONS_MAX this bounds how long a crowd of clients
// that never finish their headers can keep others out.
export const HEADERS_RECEIVE_MS_MAX = 10_000;

// Node looks this often for connections past those two limits (its default is 30 s).
export const CONNECTIONS_CHECK_MS = 2000;

// Longer than the keep-alive of common proxies' upstream pools (60 s), so that they close first and
// never send a request into a closing socket.
export const KEEP_ALIVE_MS = 75_000;

// 100 live sockets of browsers, and room for scrapers, probes and dashboards that keep connections.
export const CONNECTIONS_MAX = 1024;

// One path segment, such as a label name in escaped form: 1 KiB of name becomes at most 6 KiB.
export const PATH_PARAM_BYTES_MAX = 8 * 1024;

// Running requests get this long when the server stops. A part of the process has 5 s to stop; the last of
// them is for what follows here: cutting sockets off and closing the listeners.
export const DRAIN_MS_MAX = 4000;

// Below one network packet, compression costs more than it saves.
export const GZIP_BYTES_MIN = 1400;
