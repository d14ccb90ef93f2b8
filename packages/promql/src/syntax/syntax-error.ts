import { InputError } from '@vedette/model';
import type { Position } from './ast.ts';

/** A parse error in upstream's form: `1:5: parse error: unexpected end of input`. */
export function syntaxError(position: Pick<Position, 'line' | 'column'>, reason: string): InputError {
  return new InputError('VED_QUERY_INVALID', `${formatPosition(position)}: parse error: ${reason}`);
}

export function formatPosition(position: Pick<Position, 'line' | 'column'>): string {
  return `${position.line}:${position.column}`;
}
