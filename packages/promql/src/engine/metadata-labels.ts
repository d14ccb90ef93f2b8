import { withoutLabels, withoutMetricName, METRIC_NAME, type Labels } from '@vedette/model';

/**
 * The reserved labels that say what kind of metric a series is of. They belong to the name: what is made of a
 * metric is neither of its type nor of its unit, so they go where the name goes.
 */
export const METRIC_TYPE = '__type__';
const METRIC_UNIT = '__unit__';

const METADATA: ReadonlySet<string> = new Set([METRIC_NAME, METRIC_TYPE, METRIC_UNIT]);

/** A label set without the metric's name, type and unit. */
export function withoutMetadata(labels: Labels): Labels {
  return hasTypeOrUnit(labels) ? withoutLabels(labels, METADATA) : withoutMetricName(labels);
}

/** Hardly any series has them, and every series is asked. */
export function hasTypeOrUnit(labels: Labels): boolean {
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] ?? '';
    if (name === METRIC_TYPE || name === METRIC_UNIT) return true;
    // Names come in order, and those in lower case, which most are, behind.
    if (name.charCodeAt(0) > UNDERSCORE) return false;
  }
  return false;
}

const UNDERSCORE = 0x5f;
