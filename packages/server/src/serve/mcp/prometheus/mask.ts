/**
 * Secrets taken out of what a Prometheus tells of itself. It masks its own, but not a password in an address, nor what
 * older versions and other engines print; what a model has read cannot be taken back.
 *
 * A configuration is printed by programs in one form: a key a line, depth by indent. In that form it is masked line by
 * line, which takes milliseconds for thousands of jobs. A part with anything else (flow collections, anchors, comments)
 * is read as YAML and written anew, which takes a hundred times as long and is therefore for short parts alone.
 */
import { parse, stringify } from 'yaml';
import { MASK, withoutUrlSecrets } from '../url-secrets.ts';

/** What stands at the left margin of a printed configuration: a section, or an entry of its list. */
export interface ConfigPart {
  /** The key of the section. */
  readonly name: string;
  readonly text: string;
}

/** Before each line that begins with a key or a dash; a printer indents everything else. */
export function findConfigParts(yaml: string): readonly ConfigPart[] {
  const parts: ConfigPart[] = [];
  for (const text of yaml.split(/^(?=\S)/m)) {
    if (/^\s*(?:#|$)/.test(text)) continue;
    const name = text.startsWith('-') ? parts.at(-1)?.name : /^["']?([^:"'\s]+)/.exec(text)?.[1];
    parts.push({ name: name ?? '', text });
  }
  return parts;
}

/** The part with its secrets replaced. What is no YAML is left out with a word: nobody knows what it holds. */
export function maskedPart(text: string): string {
  return IS_FREE_FORM.test(text) ? maskedByReading(text) : maskedByLine(text);
}

/** A value that begins a flow collection, an anchor, an alias, a tag; a key that is asked for; a comment. */
const IS_FREE_FORM = /(?:^|[:-] )[ ]*(?:[{[](?![}\]][ ]*$)|[&*!])|^[ ]*\?(?: |$)|<<:|(?:^| )#|\t/m;

// Some 50 ms: the library reads 200 kB a second.
const READ_CHARS_MAX = 8 * 1024;

function maskedByReading(text: string): string {
  if (text.length > READ_CHARS_MAX)
    return `# a part of ${text.length} characters in free form is left out; the limit is ${READ_CHARS_MAX}\n`;
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch {
    return '# a part that cannot be read as YAML is left out\n';
  }
  if (typeof value !== 'object' || value === null) return '';
  // A key whose list follows at the margin.
  if (Object.values(value).every((one) => one === null)) return `${Object.keys(value).join(':\n')}:\n`;
  return stringify(masked(value), { lineWidth: 0 });
}

function masked(value: unknown): unknown {
  if (typeof value === 'string') return value.includes(PRIVATE_KEY) ? MASK : withoutUrlSecrets(value);
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      const isSecret = one !== null && one !== '' && isSecretKey(key, typeof one === 'object');
      return [key, isSecret ? MASK : masked(one)];
    }),
  );
}

const PRIVATE_KEY = 'PRIVATE KEY-----';

function maskedByLine(text: string): string {
  const lines: string[] = [];
  /** Of the key whose value is left out; what is deeper belongs to it. */
  let hiddenIndent = -1;
  for (const line of text.split('\n')) {
    const indent = line.search(/[^ ]/);
    const isItem = line.startsWith('- ', Math.max(0, indent));
    // Go writes the entries of a list as deep as their key.
    if (
      hiddenIndent !== -1 &&
      (indent === -1 || indent > hiddenIndent || (indent === hiddenIndent && isItem))
    )
      continue;
    hiddenIndent = -1;
    const { head = '', key = '', value = '' } = KEY_LINE.exec(line)?.groups ?? {};
    if (key !== '' && value !== '""' && isSecretKey(unquoted(key), value === '')) {
      hiddenIndent = head.length;
      lines.push(`${head}${key}: ${MASK}`);
    } else if (line.includes(PRIVATE_KEY)) {
      hiddenIndent = Math.max(0, indent - 1);
      lines.push(`${' '.repeat(Math.max(0, indent))}${MASK}`);
    } else lines.push(withoutUrlSecrets(line));
  }
  return lines.join('\n');
}

const KEY_LINE =
  /^(?<head>[ ]*(?:- +)*)(?<key>"[^"]*"|'[^']*'|[^\s"'#:-][^\s:]*|-[^\s:]+):(?: +(?<value>.*))?$/;

function unquoted(key: string): string {
  return key.replaceAll(/^["']|["']$/g, '');
}

/**
 * The value of a flag, or of another setting with a name of its own. The last part of a name is its key, in whatever
 * way programs join words: `remoteWrite.bearerToken`, `storage.s3.access-key`.
 */
export function maskedSetting(name: string, value: string): string {
  const key = (name.split('.').at(-1) ?? '')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
  return value !== '' && isSecretKey(key, false) ? MASK : withoutUrlSecrets(value);
}

/** Names of files say where a secret is, not what it is; below `authorization` its kind is told. */
function isSecretKey(key: string, isMap: boolean): boolean {
  if (/_file$|^(?:token_url|public_key|partition_key)$/i.test(key)) return false;
  return SECRET_KEY.test(key) || (!isMap && /authorization/i.test(key));
}

const SECRET_KEY =
  /passw(?:or)?d|passphrase|secret|credential|token|cookie|^(?:key|proxy_connect_header|http_headers|headers)$|api_?key|access_?key|private_?key|account_key|auth_?key/i;
