/** A runbook as the program knows it: what it is for, and its sections. Its file format is described in `parse-runbook.ts`. */

/** What a runbook must say, in this order; each is a heading of level two. */
export const RUNBOOK_SECTIONS = ['Meaning', 'Impact', 'Diagnosis', 'Mitigation'] as const;
export type RunbookSection = (typeof RUNBOOK_SECTIONS)[number];

export interface Runbook {
  /** The file's name without `.md`: `HighErrorRate`. Unique; an own one replaces a shipped one. */
  readonly id: string;
  readonly title: string;
  readonly match: RunbookMatchers;
  readonly severity: string | undefined;
  readonly owner: string | undefined;
  readonly links: readonly { readonly title: string; readonly url: string }[];
  /** `2026-11-01`: when somebody last checked that it is true. */
  readonly reviewed: string | undefined;
  /** PromQL by name, to be shown beside it. */
  readonly queries: Readonly<Record<string, string>>;
  /** Markdown of each section, without its heading; an imported one may lack some. */
  readonly sections: Readonly<Partial<Record<RunbookSection, string>>>;
  readonly origin: 'shipped' | 'own';
  /** Where it was read, for messages. */
  readonly file: string;
  /** The whole text without the front matter. */
  readonly markdown: string;
}

/** For which alerts: any of the names, and all of the labels. */
export interface RunbookMatchers {
  readonly alertnames: readonly string[];
  /** Anchored regular expressions (RE2) by label name. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Why a runbook fits an alert. */
export interface RunbookMatch {
  readonly runbook: Runbook;
  /** The better the higher; only the order is promised. Above 0. */
  readonly score: number;
  /** `named for this alert`, `its runbook_url names it`, `tier="web" matches "web|api"`. */
  readonly why: readonly string[];
}

export interface AlertIdentity {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** All runbooks, shipped and own. Reads memory; what a file says is as of the last load. Safe for concurrent use. */
export interface RunbookLibrary {
  /** Sorted by id. */
  all(): readonly Runbook[];
  /** Without regard to case: Prometheus Operator's `runbook_url`s are in lower case. */
  find(id: string): Runbook | undefined;
  /** The best first. */
  match(alert: AlertIdentity): readonly RunbookMatch[];
  /** Those whose title, names or text have every word, the best first. */
  search(text: string): readonly RunbookMatch[];
  /** Files that cannot be used, in sentences for operators. */
  problems(): readonly string[];
}
