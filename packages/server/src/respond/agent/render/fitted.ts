import { bug } from '@vedette/model';
import type { OutlineLimits } from './outline-limits.ts';

/** The first of ever smaller forms that keeps the limits of its service. */
export function fitted<T>(
  levels: readonly OutlineLimits[],
  render: (limits: OutlineLimits) => T,
  fits: (form: T) => boolean,
): T {
  for (const limits of levels) {
    const form = render(limits);
    if (fits(form)) return form;
  }
  return bug('a report must fit in its smallest form');
}

/** As JSON, in bytes of UTF-8: what services count. */
export function jsonBytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
