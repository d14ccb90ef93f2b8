import type { Matcher, Slicer } from '@vedette/model';
import type { LabelIndex } from './label-index.ts';
import { inPieces, intersect, subtract, unite, type Postings } from './postings.ts';

/**
 * The series that satisfy every matcher, ascending.
 *
 * A matcher that refuses the empty value asks for one of the pairs it accepts: the union of their
 * postings, intersected with the rest. One that accepts the empty value only takes away the series of the
 * pairs it refuses, so that series without the label stay. Known finite sets of values are looked up; only
 * other patterns walk the values of their label.
 */
export async function matchSeries(
  index: LabelIndex,
  matchers: readonly Matcher[],
  slicer: Slicer,
): Promise<Postings> {
  const wanted: Postings[] = [];
  const unwanted: Postings[] = [];
  for (const matcher of matchers) {
    const acceptsEmpty = matcher.matches('');
    const lists = await postingsOfValues(index, matcher, { isMatch: !acceptsEmpty }, slicer);
    if (acceptsEmpty && lists.length === 0) continue;
    (acceptsEmpty ? unwanted : wanted).push(await unite(lists, index.idCount, slicer));
  }
  wanted.sort((a, b) => a.length - b.length);
  let result = wanted[0] ?? index.allIds();
  for (const list of wanted.slice(1))
    result = await inPieces(result, (piece) => intersect(piece, list), slicer);
  for (const list of unwanted) result = await inPieces(result, (piece) => subtract(piece, list), slicer);
  return result;
}

/** The series that satisfy every matcher of any set, ascending; no set at all is every series. */
export async function matchAnySet(
  index: LabelIndex,
  matcherSets: readonly (readonly Matcher[])[],
  slicer: Slicer,
): Promise<Postings> {
  if (matcherSets.length === 0) return index.allIds();
  const lists: Postings[] = [];
  for (const matchers of matcherSets) lists.push(await matchSeries(index, matchers, slicer));
  return await unite(lists, index.idCount, slicer);
}

/** The postings of each value of the matcher's label on which it answers `isMatch`. */
async function postingsOfValues(
  index: LabelIndex,
  matcher: Matcher,
  { isMatch }: { isMatch: boolean },
  slicer: Slicer,
): Promise<Postings[]> {
  const lists: Postings[] = [];
  const { literals } = matcher;
  const isPositive = matcher.op === '=' || matcher.op === '=~';
  // The literals are what the positive form accepts: just the values looked for when the answers agree.
  if (literals !== undefined && isPositive === isMatch) {
    for (const value of new Set(literals)) {
      const pair = value === '' ? undefined : index.findPair(matcher.name, value);
      if (pair !== undefined) lists.push(index.postingsOf(pair));
    }
    return lists;
  }
  const pairs = index.pairsOf(matcher.name);
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] ?? 0;
    if (matcher.matches(index.valueOf(pair)) === isMatch) lists.push(index.postingsOf(pair));
    if ((i & 63) === 0 && slicer.shouldYield()) await slicer.yield();
  }
  return lists;
}
