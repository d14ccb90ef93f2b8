import {
  sectionsOf,
  type ConfigKey,
  type ConfigSection,
  type RefusedKey,
  type Schema,
} from './config-schema.ts';
import { anchorOf, code, printPage, printTable } from './markdown.ts';

// What fits into a column beside three others; longer defaults stand under the table.
const DEFAULT_CHARS_MAX = 40;

const INTRO = `Everything in \`vedette.yml\`, all of it optional; [\`vedette.example.yml\`](../vedette.example.yml) shows it in use. A \`prometheus.yml\` loads unchanged as far as its keys are supported; the others are refused by name, with a remedy. Unknown keys are errors, told with line and column: \`vedette check config FILE\` reads a file without starting anything. Editors that know JSON Schema complete and check the file with [\`vedette.schema.json\`](vedette.schema.json).

\`\${NAME}\` in a value is replaced by the environment variable NAME, a missing one is an error; \`$\${…}\` stays as text. Relabelling rules keep their own dollars.

- **duration**: \`30s\`, \`5m\`, \`1h30m\`, \`500ms\`; units y w d h m s ms.
- **size**: \`512KB\`, \`64MiB\`; KB and KiB both are 1,024 bytes.
- **secret**: a text that is never printed; where there is a key with \`_file\`, prefer it.
- \`a[]\` is each entry of the list a, \`a.<name>\` each entry of the map a.`;

/** docs/configuration.md. */
export function printConfiguration(schema: Schema): string {
  const sections = sectionsOf(schema);
  return printPage('Configuration', INTRO, sections.map(printSection));
}

function printSection(section: ConfigSection): string {
  const { path, keys, refused } = section;
  const long = keys.filter((key) => isLong(key));
  const parts = [
    `## ${path === '' ? 'Top level' : code(path)}`,
    keys.length === 0 ? '' : printTable(['key', 'type', 'default', 'meaning'], keys.map(printKey)),
    long.map((key) => `Default of ${code(key.name)}: ${code(key.default ?? '')}`).join('\n\n'),
    printRefused(refused),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function isLong(key: ConfigKey): boolean {
  return (key.default?.length ?? 0) > DEFAULT_CHARS_MAX;
}

function printKey(key: ConfigKey): readonly string[] {
  const type = key.section === undefined ? key.type : `[${key.type}](#${anchorOf(key.section)})`;
  return [code(key.name), type, printDefaultOf(key), key.meaning ?? ''];
}

function printDefaultOf(key: ConfigKey): string {
  if (isLong(key)) return 'below';
  if (key.default !== undefined) return code(key.default);
  return key.isRequired ? '**required**' : '';
}

function printRefused(refused: readonly RefusedKey[]): string {
  return refused.length === 0
    ? ''
    : `Known, but refused by name today: ${refused.map(printOneRefused).join(', ')}.`;
}

function printOneRefused({ name, remedy }: RefusedKey): string {
  return remedy === undefined ? code(name) : `${code(name)} (${remedy})`;
}

/** For the guides: everything of a file for Prometheus that is refused, by section. */
export function printRefusals(schema: Schema): string {
  const rows = sectionsOf(schema)
    .filter(({ refused }) => refused.length > 0)
    .map(({ path, refused }) => [
      path === '' ? 'top level' : code(path),
      refused.map(printOneRefused).join(', '),
    ]);
  return printTable(['in', 'refused'], rows);
}
