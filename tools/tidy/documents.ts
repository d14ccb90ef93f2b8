import { ERROR_CODES } from '@vedette/model';
import { printImportTable } from './import-table.ts';

/** A document that does not say what the code says, and what it should contain. */
export interface StaleDocument {
  readonly file: string;
  readonly want: string;
  readonly message: string;
}

/** Parts of documents that are made from code, between `<!-- NAME:begin -->` and `<!-- NAME:end -->`. */
const GENERATED: readonly { readonly file: string; readonly name: string; readonly print: () => string }[] = [
  { file: 'ARCHITECTURE.md', name: 'imports', print: printImportTable },
  { file: 'docs/errors.md', name: 'codes', print: printErrorCodes },
];

export function checkDocuments(read: (file: string) => string): StaleDocument[] {
  return GENERATED.flatMap(({ file, name, print }) => {
    const text = read(file);
    const begin = `<!-- ${name}:begin -->\n`;
    const end = `\n<!-- ${name}:end -->`;
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    if (from < 0 || to < 0)
      return [{ file, want: text, message: `missing the marks ${begin.trim()} and ${end.trim()}` }];
    const want = text.slice(0, from + begin.length) + print() + text.slice(to);
    return want === text
      ? []
      : [{ file, want, message: `the part "${name}" is out of date; run node tools/tidy.ts --write` }];
  });
}

function printErrorCodes(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return ['| code | meaning |', '|---|---|', ...rows].join('\n');
}
