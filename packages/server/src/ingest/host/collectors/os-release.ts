import { required, type CollectorDefinition } from '../collector.ts';

const LABELS = [
  'build_id',
  'id',
  'id_like',
  'image_id',
  'image_version',
  'name',
  'pretty_name',
  'variant',
  'variant_id',
  'version',
  'version_codename',
  'version_id',
] as const;

/** The distribution, from its os-release file. */
export const osRelease: CollectorDefinition = {
  name: 'os',
  pace: 'background',
  create: ({ files, families }) => {
    const info = families('gauge', 'node_os_info', 'The distribution; always 1.', LABELS);
    const version = families('gauge', 'node_os_version', 'Version of the distribution, as major.minor.', [
      'id',
      'id_like',
      'name',
    ]);
    return () => {
      const text = files.read('/etc/os-release') ?? files.read('/usr/lib/os-release');
      const fields = parseOsRelease(required(text, '/etc/os-release'));
      const of = (name: string): string => fields.get(name.toUpperCase()) ?? '';
      info.add(1, ...LABELS.map(of));
      const number = /^\d+(\.\d+)?/.exec(of('version_id'))?.[0];
      if (number !== undefined) version.add(Number(number), of('id'), of('id_like'), of('name'));
    };
  },
};

/** Lines `NAME=value` in the quoting of a shell, comments left out. */
function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z0-9_]+)=(.*)$/.exec(line.trim());
    if (match !== null) fields.set(match[1] ?? '', unquote(match[2] ?? ''));
  }
  return fields;
}

function unquote(text: string): string {
  const quote = text[0];
  if ((quote !== '"' && quote !== "'") || text.length < 2 || !text.endsWith(quote)) return text;
  const inner = text.slice(1, -1);
  return quote === '"' ? inner.replaceAll(/\\(["$\\`])/g, '$1') : inner;
}
