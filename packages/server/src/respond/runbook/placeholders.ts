/**
 * Placeholders: words in capitals that stand in queries and commands of runbooks for what an alert is about: `JOB`,
 * `INSTANCE`, `MOUNTPOINT`. Any label can be one, in capitals; some words stand for labels of other names.
 */
type LabelSet = Readonly<Record<string, string>>;

interface Meaning {
  /** Labels beside the one of its own name, the first that the alert has. */
  readonly labels?: readonly string[];
  /** An address is cut down to its host. */
  readonly isHost?: true;
  /** Never filled: the label of its name is about something else. */
  readonly isByHand?: true;
}

/** The words of our runbooks, as docs/runbooks.md has them. One that stands for its own label needs no more. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['ADDRESS', { labels: ['instance'] }],
  ['APP', {}],
  ['BLACKBOX', {}],
  ['BROKER', {}],
  ['CONTAINER', {}],
  ['DATA', {}],
  ['DEVICE', {}],
  ['DIR', {}],
  ['ES', {}],
  ['GROUP', { labels: ['consumergroup'] }],
  ['HOST', { labels: ['instance'], isHost: true }],
  ['INSTANCE', {}],
  ['JOB', {}],
  ['JOB_NAME', {}],
  ['MODEL', { labels: ['gen_ai_request_model'] }],
  ['MOUNTPOINT', {}],
  ['NAME', {}],
  ['NAMESPACE', {}],
  ['NODE', { labels: ['name'] }],
  ['PID', {}],
  ['POD', {}],
  ['POLICY', {}],
  ['PORT', {}],
  ['PRIMARY', {}],
  ['PROVIDER', {}],
  ['QUEUE', { labels: ['bullmq_queue_name'] }],
  // A host, where the label is the receiver's name.
  ['RECEIVER', { isByHand: true }],
  // Its alerts are about the server that follows.
  ['REPLICA', { labels: ['instance'], isHost: true }],
  ['SOURCE', {}],
  ['STANDBY', {}],
  ['TOPIC', {}],
  ['USER_ID', {}],
  ['VEDETTE', {}],
  ['VHOST', {}],
  ['WORKER', {}],
]);

// Longer ones are texts, not names; nobody wants them in a command.
const VALUE_CHARS_MAX = 512;

/**
 * No part of a longer word, no option (`-USR1`), variable (`$KEY`), column (`%CPU`), file (`@CALL.json`) or assignment
 * (`LANG=C`). One letter is too little to mean something.
 */
const PLACEHOLDER = /(?<![\w%$@-]|\$\{)[A-Z][A-Z0-9_]+(?![\w=])/g;

export interface FoundPlaceholder {
  readonly word: string;
  readonly index: number;
}

export function placeholdersIn(text: string): readonly FoundPlaceholder[] {
  return [...text.matchAll(PLACEHOLDER)].map(({ 0: word, index }) => ({ word, index }));
}

/** Whether it is one of our words, which somebody must fill in when no label does. */
export function isKnownPlaceholder(word: string): boolean {
  return MEANINGS.has(word);
}

/**
 * What a word stands for; `undefined` when it is no placeholder of this alert, or its value is none to insert.
 * `label`: what the query compares with it, tried after the label of its own name.
 */
export function valueOf(word: string, labels: LabelSet, label?: string): string | undefined {
  const meaning = MEANINGS.get(word) ?? {};
  if (meaning.isByHand === true) return undefined;
  const own = insertable(labels, word.toLowerCase());
  if (own !== undefined) return own;
  const compared = label === undefined ? undefined : insertable(labels, label);
  if (compared !== undefined) return compared;
  for (const name of meaning.labels ?? []) {
    const value = insertable(labels, name);
    if (value !== undefined) return meaning.isHost === true ? hostOf(value) : value;
  }
  return undefined;
}

function insertable(labels: LabelSet, name: string): string | undefined {
  const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
  if (value === undefined || value === '' || value.length > VALUE_CHARS_MAX) return undefined;
  return HIDDEN.test(value) ? undefined : value;
}

/** Control characters end lines and move cursors; format characters turn the direction of what follows. */
const HIDDEN = /[\p{C}\u2028\u2029]/u;

/** `db1` of `db1:5432`, `[::1]` of `[::1]:9100`, `example.org` of `https://example.org/x`. */
function hostOf(address: string): string | undefined {
  const authority = address.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[/?#].*$/, '');
  const host = authority.replace(/^.*@/, '').replace(/:\d+$/, '');
  return host === '' ? undefined : host;
}
