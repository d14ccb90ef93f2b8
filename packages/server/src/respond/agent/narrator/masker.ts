/**
 * Names on their way to a language model, and back. One masker lives as long as one narrative.
 *
 * 1. Secrets are cut out for good (`scrub.ts`), and e-mail addresses become placeholders: always.
 * 2. When names are to be masked, label values become placeholders that tell their kind, `INSTANCE__3`, the same for the
 *    same value wherever it stands; so do addresses, hosts of URLs, and what follows words such as `user=`. A few labels
 *    whose values are words of the field (`SAFE_LABELS`) stay.
 * 3. What was once a label value is a name in every text that follows: the report is walked twice, first to learn its names.
 * 4. What comes back, arguments of tools and the narrative itself, gets its names again. A text that has the form of a
 *    placeholder already is itself replaced, so that each one that comes back is ours.
 *
 * Not found are names that stand in free text alone and look like words: `nightly batch of Ada`. Numbers, names of metrics
 * and of labels leave as they are: without them there is nothing to tell.
 */
import { isIP } from 'node:net';
import { REMOVED, type Scrubber } from './scrub.ts';

/** Labels whose values say what happens, not to whom. */
const SAFE_LABELS: ReadonlySet<string> = new Set([
  '__name__',
  'alertname',
  'alertstate',
  'code',
  'condition',
  'le',
  'metric',
  'method',
  'mode',
  'outcome',
  'phase',
  'priority',
  'quantile',
  'reason',
  'severity',
  'state',
  'status',
  'status_code',
  'unit',
]);

/** Labels whose values name a person; there a number is a name, too. */
export const PERSON = /user|uid|subject|customer|account|tenant|client|session|login|email|person|member/i;

/** Words that would tear texts apart when some label has them as its value. */
const COMMON_WORDS: ReadonlySet<string> = new Set(
  'all and any are but default down false for from has http https no none not null one other out rate seconds that the this total true unknown was were with yes'.split(
    ' ',
  ),
);

// A thousand series with five labels each; beyond it values leave as one word that says nothing.
const NAMES_MAX = 5000;

// The word before the number of a placeholder: enough to tell instances from services.
const KIND_CHARS_MAX = 24;

// Names shorter than that stand in labels alone: in texts they would hit half of all words.
const TEXT_NAME_CHARS_MIN = 3;

const PLACEHOLDER = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*__\d+\b/g;
const EMAIL = /(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/gi;
const URL_HOST = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s/?#"'<>\\]+)/gi;
/** A comparison with a literal of PromQL, also of one that stands within JSON, with `\"` around it. */
const PAIR =
  /\b([a-zA-Z_]\w*)(\s*(?:=~|!~|!=|=)\s*)("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`\n]*`|\\"(?:[^"\\\n]|\\\\\\"|\\[^"\n])*\\")/g;
const LITERAL = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/g;
/** What stands outside of literals without becoming more than words of the query that it is part of. */
const WORDS = /^[\p{L}\p{M}\p{N} _.:/@+-]*$/u;
const IPV4 = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?!\.?\w)/g;
const IPV6 = /(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/gi;
const MAC = /(?<![\w:-])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:-])/gi;
const UUID = /(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])/gi;
const HOST = /(?<![\w.@-])(?:[\w-]+\.)+[a-z]{2,24}(?::\d{1,5})?(?![\w-])/gi;
const HOST_PORT = /(?<![\w.-])[a-z][a-z0-9-]*:\d{2,5}(?![\w:])/gi;
const SAID =
  /\b((?:user|uid|subject|customer|account|tenant|client|session|login|host|hostname|instance|node|pod|ip|addr)(?:[_-]?(?:id|name))?\s*[:=](?![~=]|\s*\\["'])\s*)([^\s,;"'`)\]}]+)/gi;
const NUMBERED = /\b((?:user|customer|account|subject|tenant|client)\s+(?:id\s+)?#?)([\w-]*\d[\w-]*)/gi;

export class Masker {
  readonly #scrubber: Scrubber;
  readonly #isMasking: boolean;
  readonly #placeholders = new Map<string, string>();
  readonly #originals = new Map<string, string>();
  readonly #kinds = new Map<string, number>();
  readonly #kept = new Set<string>();
  /** In lower case: names of hosts are written both ways. */
  readonly #inTexts = new Map<string, string>();
  #names: RegExp | undefined;

  constructor(scrubber: Scrubber, options: { readonly isMasking: boolean }) {
    this.#scrubber = scrubber;
    this.#isMasking = options.isMasking;
  }

  /** A name that leaves as it is: of a metric, of a tool. */
  keep(name: string): void {
    this.#kept.add(name);
  }

  /** The value of a label, as it leaves. */
  label(name: string, value: string): string {
    const isPerson = PERSON.test(name);
    const isPlain = /^\d{0,3}$/.test(value) || !/[\p{L}\p{N}]/u.test(value);
    const isSafe = SAFE_LABELS.has(name) || this.#kept.has(value) || (isPlain && !isPerson);
    if (!this.#isMasking || isSafe) return this.text(value);
    const placeholder = this.#placeholderOf(kindOf(name), value);
    this.#learn(value, placeholder, isPerson);
    return placeholder;
  }

  /** Any text, as it leaves. */
  text(text: string): string {
    const safe = this.#scrubber.scrub(
      text
        .replace(PLACEHOLDER, (it) => this.#placeholderOf('NAME', it))
        .replace(EMAIL, (it) => this.#email(it)),
    );
    if (!this.#isMasking) return safe;
    const withPairs = safe.replace(PAIR, (whole, name: string, is: string, literal: string) => {
      const { value, written } = literalOf(literal);
      if (value === REMOVED || isPlaceholder(value)) return whole;
      const masked = this.label(name, value);
      return masked === value ? whole : `${name}${is}${written(masked)}`;
    });
    return this.#replaceNames(this.#replaceAddresses(withPairs));
  }

  /** The name of a label or an annotation: it leaves as it is, unless somebody chose it to be more than that. */
  name(name: string): string {
    return /^[a-zA-Z_][\w.]*$/.test(name) ? name : this.text(name);
  }

  /** What came back, with its names again. Unknown placeholders stay. */
  unmask(text: string): string {
    return text.replace(PLACEHOLDER, (placeholder) => this.#originals.get(placeholder) ?? placeholder);
  }

  /** Every string within the arguments of a tool. */
  unmaskValue(value: unknown): unknown {
    if (typeof value === 'string')
      return isPlaceholder(value) ? this.unmask(value) : this.#unmaskQuery(value);
    if (Array.isArray(value)) return value.map((one) => this.unmaskValue(one));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.unmaskValue(one)]));
  }

  /**
   * A name never becomes more than a name, whoever chose it: within a literal it is escaped for it, and outside of
   * one it comes back only when it is made of words.
   */
  #unmaskQuery(query: string): string {
    const unmasked = (text: string, written: (name: string) => string | undefined): string =>
      text.replace(PLACEHOLDER, (placeholder) => {
        const name = this.#originals.get(placeholder);
        return (name === undefined ? undefined : written(name)) ?? placeholder;
      });
    let text = '';
    let from = 0;
    for (const { 0: literal, index } of query.matchAll(LITERAL)) {
      const quote = literal.charAt(0);
      text += unmasked(query.slice(from, index), (name) => (WORDS.test(name) ? name : undefined));
      text += unmasked(literal, (name) => escapedFor(quote, name));
      from = index + literal.length;
    }
    return text + unmasked(query.slice(from), (name) => (WORDS.test(name) ? name : undefined));
  }

  #replaceAddresses(text: string): string {
    const mask = (kind: string) => (found: string) =>
      this.#kept.has(found) ? found : this.#placeholderOf(kind, found);
    return text
      .replace(URL_HOST, (whole, scheme: string, host: string) => {
        if (host === REMOVED || isPlaceholder(host)) return whole;
        const [, user = '', rest = host] = /^(\[removed\])?(.*)$/.exec(host) ?? [];
        return `${scheme}${user}${this.#placeholderOf('HOST', rest)}`;
      })
      .replace(UUID, mask('ID'))
      .replace(MAC, mask('MAC'))
      .replace(IPV4, mask('IP'))
      .replace(IPV6, (found) => (found.length > 2 && isIP(found) === 6 ? mask('IP')(found) : found))
      .replace(HOST, mask('HOST'))
      .replace(HOST_PORT, mask('HOST'))
      .replace(SAID, (whole, said: string, name: string) =>
        isPlaceholder(name) || name === REMOVED ? whole : said + this.#placeholderOf('NAME', name),
      )
      .replace(NUMBERED, (whole, said: string, name: string) =>
        isPlaceholder(name) ? whole : said + this.#placeholderOf('USER', name),
      );
  }

  #replaceNames(text: string): string {
    if (this.#inTexts.size === 0) return text;
    // The longest first, so that a name within another one does not tear it.
    this.#names ??= new RegExp(
      `(?:(?<!\\w)|(?<=%[0-9a-f]{2}))(?:${[...this.#inTexts.keys()]
        .sort((a, b) => b.length - a.length)
        .map((name) => name.replaceAll(/[^\w\s]/g, String.raw`\$&`))
        .join('|')})(?!\\w)`,
      'gi',
    );
    return text.replace(this.#names, (name) => this.#inTexts.get(name.toLowerCase()) ?? '[name]');
  }

  #email(address: string): string {
    return this.#placeholderOf('EMAIL', address);
  }

  #placeholderOf(kind: string, value: string): string {
    const known = this.#placeholders.get(value);
    if (known !== undefined) return known;
    if (this.#placeholders.size >= NAMES_MAX) return '[name]';
    const number = (this.#kinds.get(kind) ?? 0) + 1;
    this.#kinds.set(kind, number);
    const placeholder = `${kind}__${number}`;
    this.#placeholders.set(value, placeholder);
    this.#originals.set(placeholder, value);
    return placeholder;
  }

  /** From now on it is a name in texts, and so is its host without the port and the domain. */
  #learn(value: string, placeholder: string, isPerson: boolean): void {
    this.#learnOne(value, placeholder, isPerson);
    // In addresses and literals, and with accents apart, a name stands in another form; there it need not come back.
    const encoded = encodeURIComponent(value.toWellFormed());
    const literal = JSON.stringify(value).slice(1, -1);
    const accents = [value.normalize('NFC'), value.normalize('NFD')];
    for (const form of [encoded, encoded.replaceAll('%20', '+'), literal, ...accents])
      if (form !== value) this.#learnOne(form, placeholder, isPerson);
    const host = /^([\w-]+(?:\.[\w-]+)*):\d{1,5}$/.exec(value)?.[1] ?? value;
    if (isIP(host) !== 0 || !/^[\w-]+(?:\.[\w-]+)*$/.test(host)) return;
    const first = host.split('.')[0] ?? host;
    for (const part of [host, first])
      if (part !== value && /[a-z]/i.test(part))
        this.#learnOne(part, this.#placeholderOf('HOST', part), false);
  }

  #learnOne(value: string, placeholder: string, isPerson: boolean): void {
    const isNumber = /^[\d.,:]*$/.test(value);
    if (value.length < TEXT_NAME_CHARS_MIN || (isNumber && !isPerson)) return;
    const lower = value.toLowerCase();
    if (COMMON_WORDS.has(lower) || this.#inTexts.has(lower) || this.#kept.has(value)) return;
    this.#inTexts.set(lower, placeholder);
    this.#names = undefined;
  }
}

function kindOf(label: string): string {
  const kind = label
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replaceAll(/^[_\d]+|_+$/g, '')
    .slice(0, KIND_CHARS_MAX)
    .replace(/_+$/, '');
  return kind === '' ? 'NAME' : kind;
}

function isPlaceholder(text: string): boolean {
  return text.replace(PLACEHOLDER, '') === '' && text !== '';
}

/** What a literal holds, and how another text is written in its place. */
function literalOf(literal: string): { readonly value: string; readonly written: (text: string) => string } {
  const quotes = literal.startsWith('\\') ? literal.slice(0, 2) : literal.charAt(0);
  const quote = quotes.slice(-1);
  let value = literal.slice(quotes.length, -quotes.length);
  const layers = quote === '`' ? 0 : quotes.length;
  for (let i = 0; i < layers; i++)
    value = value.replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
  return {
    value,
    written: (text) => {
      let body = text;
      for (let i = 0; i < layers; i++) body = escapedFor(quote, body) ?? body;
      return quotes + body + quotes;
    },
  };
}

/** `undefined`: nothing can be escaped between backquotes. */
function escapedFor(quote: string, text: string): string | undefined {
  if (quote === '`') return text.includes('`') ? undefined : text;
  return text.replaceAll(/[\\"'\n]/g, (char) => {
    if (char === '\n') return String.raw`\n`;
    return char === quote || char === '\\' ? `\\${char}` : char;
  });
}
