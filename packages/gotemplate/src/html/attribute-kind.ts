/** What the value of an attribute is, by its name. */

/** `unsafe`: it changes how a page is read, so that a template's data may not choose it. */
export type AttributeKind = 'plain' | 'unsafe' | 'url' | 'css' | 'js' | 'html' | 'srcset';

const namesOf = (kind: AttributeKind, names: string): [string, AttributeKind][] =>
  names.split(' ').map((name) => [name, kind]);

// Names that are absent are plain, as long as no rule below says otherwise (`srclang` would be a URL by them).
const KINDS: ReadonlyMap<string, AttributeKind> = new Map([
  ...namesOf(
    'url',
    'action archive background cite classid codebase data formaction href icon longdesc manifest poster profile src usemap xmlns',
  ),
  ...namesOf(
    'unsafe',
    'accept-charset async challenge charset content crossorigin defer enctype form formenctype formmethod formnovalidate http-equiv keytype language method novalidate pattern rel sandbox type value',
  ),
  ...namesOf('plain', 'srclang'),
  ...namesOf('css', 'style'),
  ...namesOf('html', 'srcdoc'),
  ...namesOf('srcset', 'srcset'),
]);

/** `name` in lower case. */
export function attributeKindOf(name: string): AttributeKind {
  const [prefix, rest] = name.startsWith('data-') ? ['data', name.slice(5)] : splitNamespace(name);
  if (prefix === 'xmlns') return 'url';
  const known = KINDS.get(rest);
  if (known !== undefined) return known;
  if (rest.startsWith('on')) return 'js';
  // People name their own attributes so when a URL is in them: better one filtered too many.
  return /src|uri|url/.test(rest) ? 'url' : 'plain';
}

/** `svg:href` is an href. */
function splitNamespace(name: string): [prefix: string, rest: string] {
  const colon = name.indexOf(':');
  return colon < 0 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)];
}

// oxfmt-ignore
const SCRIPT_TYPES: ReadonlySet<string> = new Set([
  'application/ecmascript', 'application/javascript', 'application/json', 'application/ld+json',
  'application/x-ecmascript', 'application/x-javascript', 'module', 'text/ecmascript', 'text/javascript',
  'text/javascript1.0', 'text/javascript1.1', 'text/javascript1.2', 'text/javascript1.3', 'text/javascript1.4',
  'text/javascript1.5', 'text/jscript', 'text/livescript', 'text/x-ecmascript', 'text/x-javascript',
]);

/** Whether a `<script>` of this type holds a script; parameters after `;` do not count. */
export function isScriptType(mimeType: string): boolean {
  return SCRIPT_TYPES.has(mimeType.replace(/;.*$/s, '').trim().toLowerCase());
}
