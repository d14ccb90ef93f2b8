/**
 * Every style sheet keeps to the tokens, whoever wrote it: colours stand in theme/ alone, spaces on the grid of 4 px
 * (with half steps inside a control), texts in six sizes, nothing moves for long, and nothing is set in italics or
 * capitals, which Han characters do not have.
 */
import { globSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { TOKENS } from './tokens.ts';

const SOURCE = path.resolve(import.meta.dirname, '..');

const FONT_SIZES = ['11px', '12px', '13px', '14px', '16px', '20px', 'inherit'];

/** Half steps stand within controls and between lines that belong together. */
const SPACES = [0, 1, 2, 4, 6, 8, 10, 12];
const SPACE_STEP = 4;

/** A hint of movement; longer ones make people wait. */
const MOTION_MS_MAX = 150;

interface Exception {
  readonly file: string;
  readonly declaration: RegExp;
  readonly why: string;
}

const EXCEPTIONS: readonly Exception[] = [
  {
    file: 'chart/chart.module.css',
    declaration: /^padding-left: 62px/u,
    why: 'as wide as the axis of the drawing above it',
  },
  {
    file: 'connect/connect.module.css',
    declaration: /^animation: breathe/u,
    why: 'a dot that breathes while the page waits, for those who did not ask for reduced motion',
  },
  {
    file: 'panel/panel.module.css',
    declaration: /^font-size: 0\.11px/u,
    why: 'inside a drawing whose unit is its radius',
  },
];

interface Declaration {
  readonly file: string;
  readonly line: number;
  readonly property: string;
  readonly value: string;
}

const ALL = globSync('**/*.css', { cwd: SOURCE }).flatMap((file) =>
  declarationsOf(file, readFileSync(path.join(SOURCE, file), 'utf8')),
);

function declarationsOf(file: string, text: string): readonly Declaration[] {
  const plain = text.replaceAll(/\/\*[^]*?\*\//gu, (comment) => comment.replaceAll(/[^\n]/gu, ' '));
  return [...plain.matchAll(/(?<=[{;]\s*)(?<property>-{0,2}[a-z-]+):(?<value>[^;{}]+)[;}]/gu)].map(
    (match) => ({
      file,
      line: plain.slice(0, match.index).split('\n').length,
      property: match.groups?.['property'] ?? '',
      value: (match.groups?.['value'] ?? '').trim().replaceAll(/\s+/gu, ' '),
    }),
  );
}

/** What breaks a rule, as people look for it. */
function breaksOf(isBroken: (declaration: Declaration) => boolean): readonly string[] {
  return ALL.filter((one) => !isException(one) && isBroken(one)).map(
    ({ file, line, property, value }) => `${file}:${line} ${property}: ${value}`,
  );
}

function isException({ file, property, value }: Declaration): boolean {
  return EXCEPTIONS.some((one) => one.file === file && one.declaration.test(`${property}: ${value}`));
}

function hasColour(value: string): boolean {
  return (
    /#[\da-f]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\(/iu.test(value) ||
    /\b(?:white|black|red|green|blue|gray|grey|orange|yellow|purple|silver)\b/u.test(value)
  );
}

function isOffGrid(px: number): boolean {
  const space = Math.abs(px);
  return !SPACES.includes(space) && space % SPACE_STEP !== 0;
}

function msOf(value: string): number {
  const times = [...value.matchAll(/(?<![\w-])(?<count>[\d.]+)(?<unit>ms|s)\b/gu)];
  // The second time of an animation or a transition is what it waits.
  const { count = '0', unit } = times[0]?.groups ?? {};
  return Number(count) * (unit === 's' ? 1000 : 1);
}

test('sheets are found and read', () => {
  expect(new Set(ALL.map(({ file }) => file)).size).toBeGreaterThan(15);
  expect(declarationsOf('a.css', '/* x: #fff; */\n.a {\n  color: #fff;\n  gap: 3px 5px;\n}')).toEqual([
    { file: 'a.css', line: 3, property: 'color', value: '#fff' },
    { file: 'a.css', line: 4, property: 'gap', value: '3px 5px' },
  ]);
});

test('colours are tokens', () => {
  expect(hasColour('1px solid #fff')).toBe(true);
  expect(hasColour('rgb(0 0 0 / 0.1)')).toBe(true);
  expect(hasColour('var(--v-surface)')).toBe(false);
  expect(breaksOf(({ file, value }) => !file.startsWith('theme/') && hasColour(value))).toEqual([]);
});

test('spaces lie on the grid', () => {
  expect([3, 5, 7, 14, -9].every(isOffGrid)).toBe(true);
  expect([0, 2, 4, 6, 16, -88].some(isOffGrid)).toBe(false);
  const isSpace = /^(?:padding|margin|gap|row-gap|column-gap)/u;
  const pixels = (value: string): number[] =>
    [...value.matchAll(/-?[\d.]+(?=px)/gu)].map(([text]) => Number(text));
  expect(breaksOf(({ property, value }) => isSpace.test(property) && pixels(value).some(isOffGrid))).toEqual(
    [],
  );
});

test('texts have one of six sizes', () => {
  expect(breaksOf(({ property, value }) => property === 'font-size' && !FONT_SIZES.includes(value))).toEqual(
    [],
  );
});

test('nothing moves for long', () => {
  expect(msOf('opacity 0.2s ease 1s')).toBe(200);
  expect(
    breaksOf(
      ({ property, value }) => /^(?:transition|animation)/u.test(property) && msOf(value) > MOTION_MS_MAX,
    ),
  ).toEqual([]);
});

test('nothing is set in italics or capitals', () => {
  expect(breaksOf(({ value }) => /^(?:italic|oblique|uppercase|small-caps)$/u.test(value))).toEqual([]);
});

test('every exception is still one', () => {
  for (const { file, declaration, why } of EXCEPTIONS)
    expect(
      ALL.some((one) => one.file === file && declaration.test(`${one.property}: ${one.value}`)),
      `${file} ${declaration.source}: ${why}`,
    ).toBe(true);
});

test('every variable of ours that a style uses is a token or is set somewhere', () => {
  const sheets = globSync('**/*.css', { cwd: SOURCE }).map((file) => ({
    file,
    text: readFileSync(path.join(SOURCE, file), 'utf8'),
  }));
  const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const known = new Set(Object.keys(TOKENS.light).map((name) => `--v-${kebab(name)}`));
  // What a component sets for its own sheet.
  for (const name of ['--v-columns']) known.add(name);
  for (const { text } of sheets)
    for (const [, name = ''] of text.matchAll(/(--v-[\w-]+)\s*:/g)) known.add(name);
  const unknown = sheets.flatMap(({ file, text }) =>
    [...text.matchAll(/var\((--v-[\w-]+)/g)]
      .filter(([, name = '']) => !known.has(name))
      .map(([, name = '']) => `${file}: ${name}`),
  );
  expect(unknown).toEqual([]);
});
