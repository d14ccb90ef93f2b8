/**
 * Texts for channels that read marks (Slack's `<!channel>`, links and tags of Markdown), in which what comes
 * from outside stays text. Templates belong to the operator and may mark up; names and values of labels and
 * annotations and the source's address belong to whoever sends alerts, and must not.
 *
 * 1. Before templates run, each dangerous character in such a value is exchanged for a stand-in, one of
 *    Unicode's 32 noncharacters U+FDD0 to U+FDEF, which no honest text holds.
 * 2. Templates do with the values what they like: cut, join, print into a link that they build themselves.
 * 3. Afterwards a stand-in becomes what the channel writes for the character itself (`&lt;`) where marks are
 *    read, and the plain character where they are not: addresses, colours, names.
 *
 * So `<{{ .GeneratorURL }}|source>` and `printf "<%s|source>"` stay links, and templates that replace the
 * characters themselves find none and nothing is replaced twice. Escaping before templates instead would
 * reach into addresses and `urlquery`; escaping their whole output would take away the operator's own marks;
 * escaping each action, as HTML is, would take away those built with `printf`.
 *
 * Limits: a template that looks for a dangerous character in a value does not find it (`match "<"`), `len`
 * counts three bytes for it, `base64encode` sees the stand-in, and a label with one in its name is sorted
 * last. Dangerous characters must therefore be few and rare in names: no letter, digit, `_` or `/`, and `-`,
 * `.` and `:` only where a pattern finds them to be. Control characters other than tabulator and line feed
 * become U+FFFD: services refuse whole messages for a NUL.
 */
import { bug } from '@vedette/model';
import { cleanText } from './clean-text.ts';
import type { Notification } from './receiver.ts';
import type { SenderDeps } from './sender.ts';
import { notificationTexts } from './texts.ts';

const STAND_INS_FIRST = 0xfdd0;

/** The noncharacters in a row that Unicode has there. */
const STAND_INS_MAX = 32;

const ELLIPSIS = '…';

/** A dangerous character, and what a channel writes for it. At most STAND_INS_MAX, all ASCII. */
export type Escapes = readonly (readonly [char: string, escape: string])[];

export interface Guard {
  readonly escapes: Escapes;
  /** Where in a value one of these characters is dangerous; anywhere, when absent. Global, matching one character. */
  readonly pattern?: RegExp;
  /** Values that are made harmless in another way, and get no stand-ins; `undefined` for all others. */
  readonly harmlessOf?: (value: string) => string | undefined;
}

export interface GuardedTexts {
  /** `key` names the text in an error: `slack_configs.title`. */
  fill(template: string, key: string): FilledText;
}

export function guardedTexts(
  deps: Pick<SenderDeps, 'templates' | 'externalUrl'>,
  notification: Notification,
  guard: Guard,
): GuardedTexts {
  const standIns = new Map(guard.escapes.map(([char], i) => [char, standInOf(i)]));
  const dangerous = guard.pattern ?? anyOf([...standIns.keys()]);
  const guarded = (value: string): string => {
    const text = withoutControls(value);
    return guard.harmlessOf?.(text) ?? text.replaceAll(dangerous, (char) => standIns.get(char) ?? char);
  };
  const texts = notificationTexts(deps, notification, guarded);
  return { fill: (template, key) => new FilledText(texts.text(template, key), guard.escapes) };
}

/** A filled template that knows what in it came from outside. */
export class FilledText {
  readonly #text: string;
  readonly #escapes: Escapes;

  constructor(text: string, escapes: Escapes) {
    this.#text = text;
    this.#escapes = escapes;
  }

  /** With its stand-ins, to be read as a language; texts that are found in it become FilledTexts again. */
  get guarded(): string {
    return this.#text;
  }

  /** For places where marks are read. */
  marked(): string {
    return this.#replaced(([, escape]) => escape);
  }

  /** For places where they are not. */
  plain(): string {
    return this.#replaced(([char]) => char);
  }

  /** At most `charsMax` characters as people see them (code points, Go's runes), an ellipsis at the end of what was cut. */
  cut(charsMax: number): FilledText {
    return this.#cutToCost(charsMax, () => 1, 1);
  }

  /** At most `bytesMax` bytes as the inside of a JSON text, marks escaped; cut at the end of a line when that costs little. */
  cutToJsonBytes(bytesMax: number): FilledText {
    const costs = this.#escapes.map(([, escape]) => jsonBytesOf(escape));
    const costOf = (char: string): number => {
      const code = char.codePointAt(0) ?? 0;
      return costs[code - STAND_INS_FIRST] ?? jsonBytesOfCode(code);
    };
    return this.#cutToCost(bytesMax, costOf, jsonBytesOf(ELLIPSIS));
  }

  #cutToCost(max: number, costOf: (char: string) => number, ellipsisCost: number): FilledText {
    // Where the text would end if an ellipsis had to follow.
    let [end, cost, at] = [0, 0, 0];
    for (const char of this.#text) {
      cost += costOf(char);
      at += char.length;
      if (cost <= max - ellipsisCost) end = at;
      if (cost <= max) continue;
      const kept = wholeLines(this.#text.slice(0, end));
      return new FilledText(max < ellipsisCost ? kept : kept + ELLIPSIS, this.#escapes);
    }
    return this;
  }

  #replaced(write: (escape: Escapes[number]) => string): string {
    return this.#text.replaceAll(STAND_IN, (found) => {
      const escape = this.#escapes[indexOf(found)];
      if (escape === undefined) return found;
      // Encoded for an address: it stays so, also where marks are read.
      return found.startsWith('%') ? percentEncoded(escape[0]) : write(escape);
    });
  }
}

// As it is; as `urlquery` writes its three bytes; as `printf "%q"` does.
const STAND_IN = /[\uFDD0-\uFDEF]|%EF%B7%[9A][\dA-F]|\\ufd[de][\da-f]/g;

/** Values that hold stand-ins of their own lose them, too. */
function withoutControls(value: string): string {
  return cleanText(value).replaceAll(/[\uFDD0-\uFDEF]/g, '\uFFFD');
}

function anyOf(chars: readonly string[]): RegExp {
  const codes = chars.map((char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return new RegExp(`[${codes.join('')}]`, 'g');
}

function standInOf(i: number): string {
  if (i >= STAND_INS_MAX) bug(`a channel has at most ${STAND_INS_MAX} dangerous characters`);
  return String.fromCharCode(STAND_INS_FIRST + i);
}

function indexOf(found: string): number {
  if (found.startsWith('%')) return Number.parseInt(found.slice(-2), 16) - 0x90;
  if (found.startsWith('\\')) return Number.parseInt(found.slice(2), 16) - STAND_INS_FIRST;
  return found.charCodeAt(0) - STAND_INS_FIRST;
}

/** Of an ASCII character. */
export function percentEncoded(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function jsonBytesOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/** The same for one code point, without making texts of it. */
function jsonBytesOfCode(code: number): number {
  if (code >= 0x10000) return 4;
  // Half a pair is written as \ud83d.
  if (code >= 0xd800 && code <= 0xdfff) return 6;
  if (code >= 0x800) return 3;
  if (code >= 0x80) return 2;
  return code < 0x20 || code === 0x22 || code === 0x5c ? jsonBytesOf(String.fromCharCode(code)) : 1;
}

/** Without the line that was begun, unless that is a quarter of the text or more. */
function wholeLines(text: string): string {
  const lineEnd = text.lastIndexOf('\n') + 1;
  return lineEnd > text.length * 0.75 ? text.slice(0, lineEnd) : text;
}
