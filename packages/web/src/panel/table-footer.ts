import { reduceField, type DataFrame } from '@vedette/dashboard';
import { nameOf } from './reduced.ts';
import { shownText, shownValueOf } from './shown-value.ts';

/** Texts below the number columns by column: the rows shown, reduced. `fields` narrows the columns; empty: all. */
export function footerOf(
  frame: DataFrame,
  rows: readonly number[],
  { calc, fields }: { readonly calc: string; readonly fields: readonly string[] },
): Readonly<Record<number, string>> {
  const texts: Record<number, string> = {};
  for (const [column, field] of frame.fields.entries()) {
    const isWanted = fields.length === 0 || fields.includes(nameOf(field)) || fields.includes(field.name);
    if (field.kind !== 'number' || !isWanted) continue;
    const shown = { ...field, values: rows.map((row) => field.values[row] ?? null) };
    texts[column] = shownText(
      shownValueOf(reduceField(shown, calc), { ...field.config, mappings: [] }, 'light'),
    );
  }
  return texts;
}
