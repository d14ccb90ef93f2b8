import { createRelabelRule, InputError, RELABEL_ACTIONS } from '@vedette/model';
import { z } from 'zod';
import { plainText } from './schema.ts';

/** One rule of any of Prometheus' `…relabel_configs`, checked and compiled. */
export const relabelConfig = z
  .strictObject({
    source_labels: z.array(z.string()).optional().describe('Labels whose values are joined.'),
    separator: plainText.optional().describe('Between the joined values; default ";".'),
    target_label: plainText.optional().describe('Label that is written.'),
    regex: plainText.optional().describe('RE2 expression over the whole joined text; default "(.*)".'),
    modulus: z.int().optional().describe('For hashmod.'),
    replacement: plainText.optional().describe('What is written; default "$1".'),
    action: z
      .string()
      .toLowerCase()
      .pipe(z.enum(RELABEL_ACTIONS as [(typeof RELABEL_ACTIONS)[number]]))
      .optional()
      .describe('What the rule does; default replace.'),
  })
  .transform((raw, context) => {
    try {
      return createRelabelRule({ ...raw, sourceLabels: raw.source_labels, targetLabel: raw.target_label });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
