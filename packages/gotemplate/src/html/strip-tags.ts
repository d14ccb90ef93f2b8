/** The text of an HTML fragment, for places that take no tags. */
import type { Meter } from '../meter.ts';
import { type Context, isInTag, TEXT_CONTEXT } from './context.ts';
import { TRANSITIONS } from './transition.ts';

/** Tags and comments go; what follows an unfinished one goes with it. Steps of the escaper's automaton tell them from `1 < 2`. */
export function stripTags(html: string, meter: Meter): string {
  let context: Context = TEXT_CONTEXT;
  let result = '';
  let hasTags = false;
  let rest = html;
  while (rest !== '') {
    meter.addCharacters(rest.length);
    if (context.delim !== 'None') {
      const end = rest.search(VALUE_ENDS[context.delim]);
      if (end < 0) break;
      rest = rest.slice(context.delim === 'SpaceOrTagEnd' ? end : end + 1);
      context = { ...TEXT_CONTEXT, state: 'Tag', element: context.element };
      continue;
    }
    // Scripts and styles are text like other text here.
    const isContent = context.element !== 'None' && !isInTag(context.state);
    const next = TRANSITIONS[isContent ? 'RCDATA' : context.state](context, rest);
    if (isText(context)) {
      const open = next.context.state === context.state ? -1 : rest.lastIndexOf('<', next.length - 1);
      result += rest.slice(0, open < 0 ? next.length : open);
    } else hasTags = true;
    context = next.context;
    rest = rest.slice(next.length);
  }
  if (!hasTags && rest === '') return html;
  return isText(context) ? result + rest : result;
}

const VALUE_ENDS = { DoubleQuote: /"/, SingleQuote: /'/, SpaceOrTagEnd: /[ \t\n\f\r>]/ } as const;

function isText({ state }: Context): boolean {
  return state === 'Text' || state === 'RCDATA';
}
