import { InputError } from '@vedette/model';
import type { Position } from './ast.ts';

/** A parse error in upstream's form: `1:5: parse error: unexpected end of input`. */
export function syntaxError(position: Pick<Position, 'line' | 'column'>, reason: string): InputError {
  return new InputError('VED_QUERY_INVALID', `${formatPosition(position)}: parse error: ${reason}`);
}

/** A construct of PromQL that is understood but not evaluated yet. */
export function unsupportedError(position: Pick<Position, 'line' | 'column'>, construct: string): InputError {
  return new InputError(
    'VED_QUERY_UNSUPPORTED',
    `${formatPosition(position)}: parse error: ${construct} is not supported yet; leave it out or send the query to a Prometheus`,
  );
}

export function formatPosition(position: Pick<Position, 'line' | 'column'>): string {
  return `${position.line}:${position.column}`;
}
