/**
 * Which firing alerts mute which others. A rule mutes an alert (the target) while another one fires (the
 * source) that has the same values of the labels in `equal`; an absent label has the empty value.
 *
 * 1. Every firing alert that is a source of a rule stands in that rule's buckets, under the values of its
 *    equal labels. All of them stand there: with one per bucket, as Alertmanager has it since 0.31, a target
 *    is told of again when that one resolves, although another source still fires.
 * 2. An alert on both sides of a rule is muted by none that is on both sides either, itself included. Each
 *    bucket keeps the two kinds apart, so that none has to be looked at that does not count.
 * 3. Asking costs a lookup per rule whose target side matches, whatever the number of sources.
 *
 * Time is not known here: who keeps the alerts removes the ones that resolve.
 */
import { labelValueOf, type Labels, type Matcher } from '@vedette/model';
import { matchesAll } from '../matchers/matcher.ts';

/** A checked rule. */
export interface InhibitRule {
  /** Empty when it has none. */
  readonly name: string;
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
}

/** A source that mutes, and by which rule. */
export interface Inhibitor {
  readonly rule: InhibitRule;
  /** Of the source. */
  readonly fingerprint: string;
}

/** Fingerprints of firing sources. */
interface Bucket {
  readonly oneSided: Set<string>;
  readonly twoSided: Set<string>;
}

export class InhibitIndex {
  readonly #rules: readonly IndexedRule[];

  constructor(rules: readonly InhibitRule[]) {
    this.#rules = rules.map((rule) => new IndexedRule(rule));
  }

  /** An alert fires; twice is the same as once. */
  add(fingerprint: string, labels: Labels): void {
    for (const rule of this.#rules) rule.add(fingerprint, labels);
  }

  /** An alert resolved, or is gone; one that is not known is none of ours. The labels are those it was added with. */
  remove(fingerprint: string, labels: Labels): void {
    for (const rule of this.#rules) rule.remove(fingerprint, labels);
  }

  /** What mutes the alert: by rule, then in the order in which sources fired; at most `countMax`. */
  inhibitorsOf(labels: Labels, countMax: number): readonly Inhibitor[] {
    const found: Inhibitor[] = [];
    for (const indexed of this.#rules)
      for (const fingerprint of indexed.sourcesOf(labels)) {
        if (found.length >= countMax) return found;
        found.push({ rule: indexed.rule, fingerprint });
      }
    return found;
  }
}

class IndexedRule {
  readonly rule: InhibitRule;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rule: InhibitRule) {
    this.rule = rule;
  }

  add(fingerprint: string, labels: Labels): void {
    if (!matchesAll(this.rule.source, labels)) return;
    const key = this.#keyOf(labels);
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, (bucket = { oneSided: new Set(), twoSided: new Set() }));
    (matchesAll(this.rule.target, labels) ? bucket.twoSided : bucket.oneSided).add(fingerprint);
  }

  remove(fingerprint: string, labels: Labels): void {
    const key = this.#keyOf(labels);
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return;
    bucket.oneSided.delete(fingerprint);
    bucket.twoSided.delete(fingerprint);
    if (bucket.oneSided.size + bucket.twoSided.size === 0) this.#buckets.delete(key);
  }

  *sourcesOf(labels: Labels): Iterable<string> {
    const bucket = this.#bucketFor(labels);
    if (bucket === undefined) return;
    yield* bucket.oneSided;
    if (!matchesAll(this.rule.source, labels)) yield* bucket.twoSided;
  }

  #bucketFor(labels: Labels): Bucket | undefined {
    if (this.#buckets.size === 0 || !matchesAll(this.rule.target, labels)) return undefined;
    return this.#buckets.get(this.#keyOf(labels));
  }

  /** U+FFFF is no character, so that it can stand in no value. */
  #keyOf(labels: Labels): string {
    return this.rule.equal.map((name) => labelValueOf(labels, name)).join('\uffff');
  }
}
