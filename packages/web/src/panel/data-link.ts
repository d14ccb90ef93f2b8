import { safeLink, type DashboardLink, type DataFrame, type Field } from '@vedette/dashboard';
import { nameOf } from './reduced.ts';

/**
 * The address that a link of a cell leads to: `${__value.raw}`, `${__value.text}`, `${__field.name}`,
 * `${__field.labels.NAME}`, `${__data.fields.NAME}` (also `["NAME"]`, `[1]`) become what the row says,
 * escaped; `interpolate` fills in the rest. `undefined` when the result is no address that may be followed.
 */
export function dataLinkOf(
  { url }: DashboardLink,
  cell: { readonly frame: DataFrame; readonly field: Field; readonly row: number; readonly text: string },
  interpolate: (text: string) => string,
): string | undefined {
  const own = url.replaceAll(
    /\$\{__(value|field|data)\.([^}]{1,200})\}/g,
    (whole, scope: string, path: string) => {
      const value = valueOf(scope, path.replace(/:percentencode$/, ''), cell);
      return value === undefined ? whole : encodeURIComponent(value);
    },
  );
  return safeLink(interpolate(own));
}

function valueOf(scope: string, path: string, cell: Parameters<typeof dataLinkOf>[1]): string | undefined {
  const { frame, field, row, text } = cell;
  if (scope === 'value') return path === 'text' ? text : textAt(field, row);
  if (scope === 'field') {
    if (path === 'name') return nameOf(field);
    const label = /^labels(?:\.(.+)|\["(.+)"\])$/.exec(path);
    return label === null ? undefined : (field.labels?.[label[1] ?? label[2] ?? ''] ?? '');
  }
  const [, dotted, quoted, index] = /^fields(?:\.(.+)|\["(.+)"\]|\[(\d+)\])$/.exec(path) ?? [];
  const wanted = dotted ?? quoted;
  const found =
    wanted === undefined
      ? frame.fields[Number(index ?? -1)]
      : frame.fields.find((other) => other.name === wanted || nameOf(other) === wanted);
  return found === undefined ? undefined : textAt(found, row);
}

function textAt({ values }: Field, row: number): string {
  return String(values[row] ?? '');
}
