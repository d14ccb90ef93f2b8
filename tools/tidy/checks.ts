import { findForbiddenImport } from './import-table.ts';
import type { SourceFile } from './source-file.ts';

/** One place that breaks a rule, and what to do. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Every check of a single source file. A new one is a function and a line here. */
const CHECKS: readonly ((source: SourceFile) => Finding[])[] = [
  checkImports,
  checkFunctionLength,
  checkFileLength,
  checkTimeAndRandomness,
  checkModels,
  checkRoutes,
  checkFolderNames,
  checkNotes,
];

export function checkSourceFile(source: SourceFile): Finding[] {
  return CHECKS.flatMap((check) => check(source));
}

function checkImports({ file, imports }: SourceFile): Finding[] {
  return imports.flatMap(({ target, line }) => {
    const reason = findForbiddenImport(file, target);
    return reason === undefined ? [] : [{ file, line, message: `forbidden import: ${reason}` }];
  });
}

export const FUNCTION_LINES_MAX = 70;

function checkFunctionLength({ file, functions }: SourceFile): Finding[] {
  if (isTest(file)) return [];
  return functions
    .filter(({ lineCount }) => lineCount > FUNCTION_LINES_MAX)
    .map(({ line, lineCount }) => ({
      file,
      line,
      message: `function of ${lineCount} lines, at most ${FUNCTION_LINES_MAX}; give a part of it a name`,
    }));
}

export const FILE_LINES_MAX = 600;

function checkFileLength({ file, text, lineCount }: SourceFile): Finding[] {
  const isExempt = /^\/\*\* (Table|Generated)\b/.test(text);
  return lineCount <= FILE_LINES_MAX || isExempt
    ? []
    : [{ file, line: FILE_LINES_MAX, message: `file of ${lineCount} lines, at most ${FILE_LINES_MAX}` }];
}

/** Time and randomness come from `deps`; only `lib` meets the machine's. */
const OUTSIDE_CALLS = new Set([
  'Date.now',
  'performance.now',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'Math.random',
  'new Date',
  'process.hrtime',
  'process.hrtime.bigint',
  'crypto.randomUUID',
  'randomUUID',
  'AbortSignal.timeout',
]);

/** The browser has its own clock, and a command line ends before a virtual one would pay. */
const OUTSIDE_ALLOWED = /^packages\/(server\/src\/(lib|cli)|sdk\/src\/system|web)\//;

function checkTimeAndRandomness({ file, calls }: SourceFile): Finding[] {
  if (
    !file.startsWith('packages/') ||
    OUTSIDE_ALLOWED.test(file) ||
    /(\.(test|bench)|-fixture)\.ts$/.test(file)
  )
    return [];
  return calls
    .filter(({ name }) => OUTSIDE_CALLS.has(name))
    .map(({ name, line }) => ({
      file,
      line,
      message: `"${name}" reads the machine; take Clock or Random from deps`,
    }));
}

/**
 * The library of language models sends a bare name of a model to a gateway of its maker, with all that was asked: it is given
 * instances of a provider, in one folder.
 */
function checkModels({ file, text, imports }: SourceFile): Finding[] {
  const used = imports.filter(({ target }) => target === 'ai' || target === '@ai-sdk/gateway');
  if (used.length === 0 || isTest(file)) return [];
  const isHome = file.startsWith('packages/server/src/respond/agent/narrator/');
  const strangers = used.filter(({ target }) => target !== 'ai' || !isHome);
  const bare = text.split('\n').flatMap((line, i) => (/\bmodel:\s*['"`]/.test(line) ? [i + 1] : []));
  return [
    ...strangers.map(({ target, line }) => ({
      file,
      line,
      message: `"${target}" stays in respond/agent/narrator; what leaves for a model goes through its masks and budgets`,
    })),
    ...bare.map((line) => ({
      file,
      line,
      message: 'the bare name of a model goes to a gateway; give an instance of a provider',
    })),
  ];
}

function checkRoutes({ file, routes }: SourceFile): Finding[] {
  if (!file.startsWith('packages/server/src/') || isTest(file)) return [];
  return routes
    .filter(({ keys }) => !keys.includes('access'))
    .map(({ line }) => ({ file, line, message: 'route without a role; say who may call it (`access: …`)' }));
}

const VAGUE_FOLDERS = /\/(utils?|helpers?|common|misc)\//;

function checkFolderNames({ file }: SourceFile): Finding[] {
  return VAGUE_FOLDERS.test(file)
    ? [{ file, line: 1, message: 'a folder named for nothing; a function belongs to the noun it serves' }]
    : [];
}

function checkNotes({ file, text }: SourceFile): Finding[] {
  // Only comments count; this file and its test speak about the words themselves.
  if (file.startsWith('tools/tidy')) return [];
  return text.split('\n').flatMap((line, i) => {
    const note = /(?:\/\/|\*).*\b(FIXME|XXX|TODO(?!\([a-z]+\):))/.exec(line)?.[1];
    return note === undefined
      ? []
      : [
          {
            file,
            line: i + 1,
            message: `"${note}" does not enter main; write TODO(name): what, and when it becomes wrong not to`,
          },
        ];
  });
}

function isTest(file: string): boolean {
  return /(\.(test|contract|fuzz|bench)|-fixture)\.tsx?$/.test(file);
}
