/** Versions that the program tells about itself. */

/** Our own version; equal to the one in package.json (a test compares them). */
export const VEDETTE_VERSION = '0.1.0';

/** The Prometheus release whose behaviour the query language and the HTTP API follow. */
export const PROMETHEUS_VERSION = '3.14.0';
