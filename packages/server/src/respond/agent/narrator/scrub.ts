/**
 * What never leaves this machine, whatever the configuration says: keys, tokens, passwords. Telemetry has no business
 * with them, and yet a label, an annotation or an error text carries one now and then. They are cut out by the forms that
 * secrets are known to have, by what stands before them, and those of our own configuration by their text. What is cut cannot be put
 * back. A word too many is cheaper than a key too few: long random words go, too, identifiers of containers among them.
 */

/** What stands where a secret was. */
export const REMOVED = '[removed]';

// Shorter ones are words: cutting them would cut half a report, and tell which they are.
const KNOWN_CHARS_MIN = 6;

/** Forms, the most specific first. Each match goes, but for its first group. */
const FORMS: readonly RegExp[] = [
  /()-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  // User and password in an address.
  /(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@"'<>]+@/gi,
  /(\b(?:bearer|basic|token|digest)\s+)[\w+/=.~-]{8,}/gi,
  // Keys of known makers, and tokens of ours.
  /()\b(?:sk|pk|rk)[-_][\w-]{16,}/g,
  /()\b(?:gh[opusr]_|github_pat_|glpat-|xox[abeoprs]-|vdt_|hf_|npm_|dop_v1_|AIza|ya29\.)[\w.-]{10,}/g,
  // A robot of Telegram.
  /()\b\d{8,10}:[\w-]{35}(?![\w-])/g,
  /()\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g,
  /()\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g,
  // `password=…`, `"api_key": "…"`, `?token=…`, also at the end of a longer name.
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|authorization|cookie|session[_-]?id|signature|sig)\\?["']?\s*(?:=~|[:=])\s*\\?["']?)(?!\[removed\])[^\s"'\\&,;)}\]]{3,}/gi,
  // Long and of letters and digits: a key, a digest, an identifier.
  /()(?<![\w/+=])(?=[A-Za-z+/=]*\d)(?=[\d+/=]*[A-Za-z])[A-Za-z0-9+/=]{32,}(?!\w)/g,
];

export class Scrubber {
  readonly #known: readonly string[];

  /** `known`: texts that are secrets, such as those of our own configuration. */
  constructor(known: readonly string[]) {
    this.#known = [...new Set(known)]
      .filter((text) => text.length >= KNOWN_CHARS_MIN)
      .sort((a, b) => b.length - a.length);
  }

  /** Twice is as once. */
  scrub(text: string): string {
    let clean = text;
    for (const secret of this.#known) clean = clean.replaceAll(secret, REMOVED);
    for (const form of FORMS) clean = clean.replace(form, (_, kept: string) => `${kept}${REMOVED}`);
    return clean;
  }
}
