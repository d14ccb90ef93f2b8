/**
 * A tool as data: what an assistant may ask, who may ask it, and the function that answers. Names, schemas and
 * answers are all that a model knows of this server, so they are short and say what comes back.
 *
 * A tool reads or it writes, never both: whoever holds a key that only reads sees no writing tool, and cannot call one by
 * its name. Around `run` stand, in one place (`tool-runner.ts`): the check of the arguments, the role, the deadline,
 * the words of errors, the budget of bytes, metrics, and the audit log.
 */
import type { z } from 'zod';
import type { Caller } from '../auth/caller.ts';

export interface McpTool<Input extends z.ZodObject = z.ZodObject> {
  /** `^[a-z][a-z0-9_]*$`, the noun first: `metrics_query`. */
  readonly name: string;
  readonly title: string;
  /** What comes back and when to ask; one or two sentences, since every client pays for them with each conversation. */
  readonly description: string;
  /** `z.strictObject`: an unknown argument is an error that names the known ones. Each field has a `describe`. */
  readonly input: Input;
  /** `read`: a viewer with the scope `read`. `write`: an operator with the scope `write`. */
  readonly access: 'read' | 'write';
  /** Of writing tools: takes away what cannot be had back as it was. */
  readonly isDestructive?: boolean;
  /** Of writing tools: twice is as once. */
  readonly isIdempotent?: boolean;
  /** Rejects with the errors of the stages; what they say reaches the model. */
  run(args: z.output<Input>, call: ToolCall): Promise<ToolResult>;
}

/** One call, beside its arguments. */
export interface ToolCall {
  readonly caller: Caller;
  readonly nowMs: number;
  /** Aborts when the client goes away, at the deadline of tools, or when the server stops. */
  readonly signal: AbortSignal;
}

/** What a tool found; `tool-answer.ts` makes the text of it, within the budget. */
export interface ToolResult {
  /** One line: the answer in short. In words of ours: names from telemetry go into sections, or are quoted. */
  readonly summary: string;
  /** The most telling first: what does not fit is cut from the end, row by row, and the answer says so. */
  readonly sections?: readonly ToolSection[];
  /** Stands before the sections when they are not shown whole: what all rows have in common, and how to ask for fewer. */
  readonly whenCut?: () => readonly ToolSection[];
  /** How to ask better: told always, and in any case when something was cut. */
  readonly hint?: string;
  /** Into the UI: paths that begin with a slash, made whole with the address of this server. */
  readonly links?: readonly ToolLink[];
  /** On what: for the audit log, of writing tools. */
  readonly target?: string;
}

/**
 * `table` and `json` lose rows when they are too long; `total` says how many there were before the tool itself left some out.
 * `json` is one object whose member `rowsName` is the list. An `object` loses entries of the lists that it has as
 * members, the longest list first. A `text` is cut at a line. Empty tables and texts are left out. Everything but `isOurs` text is telemetry: it is fenced as
 * data. Titles and columns are words of ours.
 */
export type ToolSection =
  | {
      readonly kind: 'table';
      readonly title?: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly ToolCell[])[];
      readonly total?: number;
    }
  | {
      readonly kind: 'json';
      readonly title?: string;
      readonly head?: Readonly<Record<string, unknown>>;
      readonly rowsName: string;
      readonly rows: readonly unknown[];
      readonly total?: number;
    }
  | {
      readonly kind: 'object';
      readonly title?: string;
      readonly value: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'text'; readonly title?: string; readonly text: string; readonly isOurs?: boolean };

export type ToolCell = string | number | null;

export interface ToolLink {
  readonly label: string;
  readonly path: string;
}
