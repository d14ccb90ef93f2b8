import { z } from 'zod';

/**
 * Prometheus' key `otlp`: how names and attributes of OpenTelemetry become those of series. The words, the
 * defaults and the refusals are Prometheus' own, so that the section of a prometheus.yml means the same here.
 */

/** How names are written, and whether unit and type become part of a metric's name. */
export const TRANSLATION_STRATEGIES = {
  UnderscoreEscapingWithSuffixes: { isEscaped: true, hasSuffixes: true },
  UnderscoreEscapingWithoutSuffixes: { isEscaped: true, hasSuffixes: false },
  NoUTF8EscapingWithSuffixes: { isEscaped: false, hasSuffixes: true },
  NoTranslation: { isEscaped: false, hasSuffixes: false },
} as const;

export type TranslationStrategy = keyof typeof TRANSLATION_STRATEGIES;

const strategy = z.enum(
  Object.keys(TRANSLATION_STRATEGIES) as [TranslationStrategy, ...TranslationStrategy[]],
);

const attributeNames = z
  .array(z.string().trim().min(1, 'must not be an empty attribute name'))
  .default([])
  .refine((names) => new Set(names).size === names.length, 'must not name an attribute twice');

/** The key `otlp` of the configuration. */
export const otlpConfig = z
  .strictObject({
    translation_strategy: strategy
      .default('UnderscoreEscapingWithSuffixes')
      .describe('How names are escaped, and whether unit and _total are appended.'),
    promote_resource_attributes: attributeNames.describe(
      'Resource attributes that become labels of every series.',
    ),
    promote_all_resource_attributes: z
      .boolean()
      .default(false)
      .describe('All resource attributes become labels of every series.'),
    ignore_resource_attributes: attributeNames.describe(
      'Resource attributes that do not, with promote_all_resource_attributes.',
    ),
    keep_identifying_resource_attributes: z
      .boolean()
      .default(false)
      .describe('target_info keeps service.name, service.namespace and service.instance.id, too.'),
    convert_histograms_to_nhcb: z
      .boolean()
      .default(false)
      .describe('Histograms with explicit bounds become native histograms with custom buckets.'),
    promote_scope_metadata: z
      .boolean()
      .default(false)
      .describe('Name, version, schema and attributes of the scope become labels otel_scope_….'),
    label_name_underscore_sanitization: z
      .boolean()
      .default(true)
      .describe('Escaped label names that begin with one underscore get the prefix "key".'),
    label_name_preserve_multiple_underscores: z
      .boolean()
      .default(true)
      .describe('Escaped label names keep runs of underscores instead of one.'),
  })
  .prefault({})
  .check(({ value, issues }) => {
    const { promote_all_resource_attributes, promote_resource_attributes, ignore_resource_attributes } =
      value;
    if (promote_all_resource_attributes && promote_resource_attributes.length > 0)
      issues.push({
        code: 'custom',
        input: promote_resource_attributes,
        path: ['promote_resource_attributes'],
        message: 'must not stand beside promote_all_resource_attributes: true; keep one of the two',
      });
    if (!promote_all_resource_attributes && ignore_resource_attributes.length > 0)
      issues.push({
        code: 'custom',
        input: ignore_resource_attributes,
        path: ['ignore_resource_attributes'],
        message: 'needs promote_all_resource_attributes: true',
      });
  });

export type OtlpConfig = z.output<typeof otlpConfig>;
