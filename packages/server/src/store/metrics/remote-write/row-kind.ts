/** What a row of the queue is. */
export const FLOAT = 0;
export const STALE = 1;
export const HISTOGRAM = 2;
export const EXEMPLAR = 3;
