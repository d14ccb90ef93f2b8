import { formatConfigPath, type YamlSource } from './yaml-source.ts';

/** A value that came over the wire and not in a file, for `validate`: its faults have a path and no line. */
export function valueSource(value: unknown): YamlSource {
  return {
    file: '',
    text: '',
    value,
    variableTexts: new Set(),
    faults: [],
    faultAt: (path, message, { help } = {}) => ({
      file: '',
      line: 0,
      column: 0,
      width: 1,
      path: formatConfigPath(path),
      message,
      help,
    }),
  };
}
