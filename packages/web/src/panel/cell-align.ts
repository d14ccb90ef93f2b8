import type { Field } from '@vedette/dashboard';
import { choiceOption } from './options.ts';

/** Numbers stand at the right, so that their digits stand under each other. */
export function alignOf(field: Field): string {
  const chosen = choiceOption(field.config.custom, 'align', ['auto', 'left', 'center', 'right']);
  return chosen === 'auto' ? (field.kind === 'number' ? 'right' : 'left') : chosen;
}
