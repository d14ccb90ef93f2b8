/**
 * A part of the configuration that may stand in a file of its own: `alertmanager: alertmanager.yml`.
 *
 * 1. The name is relative to the file it stands in. The part must be a mapping when it stands inline,
 *    so that a text can only be a name.
 * 2. The content takes the place of the name, and both are checked as one document: the faults of both
 *    files are told together, each with its own file's line.
 * 3. It is somebody else's format: `${NAME}` in it is text, scalars are the texts that were written, and
 *    it may not name a further file.
 */
import * as path from 'node:path';
import { parseYamlSource, type ConfigPath, type YamlSource } from './yaml-source.ts';

export interface IncludedFile {
  /** The whole: content in place of the name. */
  readonly source: YamlSource;
  /** Absolute; `undefined` when the part stands inline or is absent. */
  readonly file: string | undefined;
  /** Texts by the name that faults show. */
  readonly texts: ReadonlyMap<string, string>;
}

export interface IncludeOptions {
  readonly key: string;
  /** Where relative names start. */
  readonly directory: string;
  /** The text of a file; rejects with the reason. */
  readonly read: (file: string) => Promise<string>;
}

export async function includeFile(outer: YamlSource, options: IncludeOptions): Promise<IncludedFile> {
  const { key } = options;
  const texts = new Map([[outer.file, outer.text]]);
  const value = outer.value as Readonly<Record<string, unknown>> | null | undefined;
  const name = typeof value === 'object' && value !== null ? value[key] : undefined;
  if (typeof name !== 'string') return { source: outer, file: undefined, texts };
  const file = path.resolve(options.directory, name);
  const shownAs = path.isAbsolute(name) ? name : path.join(path.dirname(outer.file), name);
  const inner = await readSource(file, { ...options, shownAs });
  if (inner instanceof Error) {
    const help = 'name an existing file, relative to this one, or write its content here';
    const fault = outer.faultAt([key], `cannot read "${name}": ${inner.message}`, { help });
    return { source: { ...outer, faults: [...outer.faults, fault] }, file, texts };
  }
  texts.set(inner.file, inner.text);
  return { source: joined(outer, inner, key), file, texts };
}

async function readSource(
  file: string,
  { read, shownAs }: { readonly read: IncludeOptions['read']; readonly shownAs: string },
): Promise<YamlSource | Error> {
  try {
    return parseYamlSource(shownAs, await read(file), { scalars: 'text' });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function joined(outer: YamlSource, inner: YamlSource, key: string): YamlSource {
  return {
    ...outer,
    value: { ...(outer.value as object), [key]: inner.value },
    faults: [...outer.faults, ...inner.faults],
    faultAt: (at: ConfigPath, message, options) =>
      at[0] === key ? inner.faultAt(at.slice(1), message, options) : outer.faultAt(at, message, options),
  };
}
