import type { Labels } from '@vedette/model';

/**
 * Templates in the labels and annotations of alerting rules: Go's text/template with Prometheus'
 * functions, with `$labels`, `$value`, `$externalLabels` and `$externalURL` defined. The external two
 * and the function `query` are the business of whoever creates the expander.
 */
export interface TemplateExpander {
  /** Says what is wrong with the syntax, or `undefined`. Cheap; called for each template at load. */
  findFault(alertName: string, text: string): string | undefined;
  /** The expanded text. Rejects when execution fails; the caller puts the reason in the text's place. */
  expand(request: TemplateRequest, signal: AbortSignal): Promise<string>;
}

export interface TemplateRequest {
  readonly text: string;
  /** The rule; messages name it. */
  readonly alertName: string;
  /** Labels of the expression's result with `__name__`, not those of the rule. */
  readonly labels: Labels;
  readonly value: number;
  /** The time `query` and `now` refer to. */
  readonly atMs: number;
}
