import type { Variable } from '../dashboard.ts';

/** Chosen: whatever there is. */
export const ALL = '$__all';

/** Variables with what can be chosen and what is. In the order of the dashboard. */
export interface ResolvedVariables {
  readonly variables: readonly ResolvedVariable[];
}

export interface ResolvedVariable {
  readonly variable: Variable;
  /** Without All; at most `VARIABLE_OPTIONS_MAX`. */
  readonly options: readonly VariableOption[];
  /** As the address carries it: `$__all` is kept. Empty: nothing there is to choose. */
  readonly chosen: readonly string[];
  /** What the choice stands for: for All its own value, or all options. */
  readonly values: readonly string[];
  /** Why there are no options, or not all: shown beside the variable. */
  readonly error?: string;
}

export interface VariableOption {
  readonly text: string;
  readonly value: string;
}
