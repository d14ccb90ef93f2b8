import type { FieldConfig } from './dashboard.ts';

/**
 * A table of columns: the form in which answers go through transformations and field options into
 * panels. A range query gives one frame per series (a time field and a number field); series of one
 * answer share the array of their times, so that a chart sees at once that they are on one grid. An
 * instant query of format `table` gives one frame with a field per label. Frames are values: nobody
 * writes into one.
 */
export interface DataFrame {
  readonly refId: string;
  readonly name?: string;
  /** Rows; every field has as many values. */
  readonly length: number;
  readonly fields: readonly Field[];
}

export interface Field {
  readonly name: string;
  readonly kind: 'time' | 'number' | 'string' | 'boolean' | 'other';
  /** Of the series it came from. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Times in ms; a gap is `null`; infinities and NaN are kept. */
  readonly values: readonly FieldValue[];
  /** After defaults and overrides. */
  readonly config: FieldConfig;
  /** What people read: display name, legend, or labels. Set with the field options. */
  readonly displayName?: string;
}

export type FieldValue = number | string | boolean | null;
