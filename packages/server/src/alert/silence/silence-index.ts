/**
 * Finds the silences of an alert among thousands. Sketch: 10,000 silences and 20,000 alerts are 200 million
 * comparisons when all are compared with all; a second or more, and again with each new silence.
 *
 * 1. A silence stands under one of its conditions that a label must satisfy with one of a few known values
 *    (`a="b"`, `a=~"b|c"`): under each of those values. Of several the one is taken where the fewest others
 *    stand: of `alertname="X",instance="y"` soon the instance.
 * 2. Without such a condition it stands under the name of a label that must be there (`a=~"b.*"`), or, when
 *    all conditions accept an absent label, among the rest, which is compared with every alert.
 * 3. The answer for an alert is kept with the version of the set. The version grows when a silence comes or
 *    its conditions change; that silences begin, end or go makes no answer wrong, since states are asked
 *    for the moment and ids that are gone are passed over.
 */
import type { Labels, Matcher } from '@vedette/model';
import { matchesAll, sameMatchers } from '../matchers/matcher.ts';
import { silenceStateAt, type Silence } from './silence.ts';

// A condition with more values than that is not spread over as many places: the name alone finds it then.
const LITERALS_MAX = 16;

interface Answer {
  readonly version: number;
  readonly ids: readonly string[];
}

export class SilenceIndex {
  readonly #silences = new Map<string, Silence>();
  /** Conditions by id, those with known values first: they are the cheap ones to fail. */
  readonly #conditions = new Map<string, readonly Matcher[]>();
  /** Ids under `name\uffffvalue`, under `name`, and under the empty text for the rest. */
  readonly #places = new Map<string, Set<string>>();
  readonly #placesById = new Map<string, readonly string[]>();
  readonly #answers = new Map<string, Answer>();
  #version = 0;

  /** Grows when answers for alerts may have changed. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#silences.size;
  }

  get(id: string): Silence | undefined {
    return this.#silences.get(id);
  }

  /** In the order in which they came. */
  all(): Iterable<Silence> {
    return this.#silences.values();
  }

  /** A new silence, or a change of one. */
  put(silence: Silence): void {
    const known = this.#silences.get(silence.id);
    this.#silences.set(silence.id, silence);
    if (known !== undefined && sameMatchers(known.matchers, silence.matchers)) return;
    if (known !== undefined) this.#unplace(known.id);
    const places = this.#leastUsed(placesOf(silence.matchers));
    this.#placesById.set(silence.id, places);
    for (const place of places) {
      const ids = this.#places.get(place);
      if (ids === undefined) this.#places.set(place, new Set([silence.id]));
      else ids.add(silence.id);
    }
    this.#conditions.set(silence.id, cheapFirst(silence.matchers));
    this.#version++;
  }

  /** An unknown id is passed over. */
  remove(id: string): void {
    if (!this.#silences.delete(id)) return;
    this.#conditions.delete(id);
    this.#unplace(id);
  }

  /** Silences that match and are active at the time, by id. The answer is kept under the alert's fingerprint until `forget`. */
  activeFor(fingerprint: string, labels: Labels, timestampMs: number): readonly Silence[] {
    let answer = this.#answers.get(fingerprint);
    if (answer?.version !== this.#version) {
      answer = { version: this.#version, ids: this.#idsFor(labels) };
      this.#answers.set(fingerprint, answer);
    }
    const active: Silence[] = [];
    for (const id of answer.ids) {
      const silence = this.#silences.get(id);
      if (silence !== undefined && silenceStateAt(silence, timestampMs) === 'active') active.push(silence);
    }
    return active;
  }

  /** The alert is gone: its answer goes, too. */
  forget(fingerprint: string): void {
    this.#answers.delete(fingerprint);
  }

  #idsFor(labels: Labels): readonly string[] {
    const ids: string[] = [];
    const takeFrom = (place: string): void => {
      for (const id of this.#places.get(place) ?? []) {
        const conditions = this.#conditions.get(id);
        if (conditions !== undefined && matchesAll(conditions, labels)) ids.push(id);
      }
    };
    takeFrom('');
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels[i] ?? '';
      takeFrom(name);
      takeFrom(placeOf(name, labels[i + 1] ?? ''));
    }
    return ids.sort();
  }

  #leastUsed(alternatives: readonly (readonly string[])[]): readonly string[] {
    const usesOf = (places: readonly string[]): number =>
      places.reduce((sum, place) => sum + (this.#places.get(place)?.size ?? 0), places.length);
    const [first = [''], ...others] = alternatives;
    return others.reduce((best, places) => (usesOf(places) < usesOf(best) ? places : best), first);
  }

  #unplace(id: string): void {
    for (const place of this.#placesById.get(id) ?? []) {
      const ids = this.#places.get(place);
      ids?.delete(id);
      if (ids?.size === 0) this.#places.delete(place);
    }
    this.#placesById.delete(id);
  }
}

function cheapFirst(matchers: readonly Matcher[]): readonly Matcher[] {
  const rankOf = ({ literals }: Matcher): number => (literals === undefined ? 1 : 0);
  return [...matchers].sort((a, b) => rankOf(a) - rankOf(b));
}

/** U+FFFF is no character, so that it can stand in no label. */
function placeOf(name: string, value: string): string {
  return `${name}\uffff${value}`;
}

/** Where a silence with these conditions may stand; an alert comes by one place of each alternative at most. */
function placesOf(matchers: readonly Matcher[]): readonly (readonly string[])[] {
  const needed = matchers.filter((matcher) => !matcher.matches(''));
  const byValue = needed.flatMap(({ name, op, literals }) => {
    const isKnown = (op === '=' || op === '=~') && literals !== undefined && literals.length <= LITERALS_MAX;
    return isKnown ? [[...new Set(literals)].map((value) => placeOf(name, value))] : [];
  });
  return byValue.length > 0 ? byValue : [[needed[0]?.name ?? '']];
}
