import {
  type Context,
  contextText,
  errorContext,
  type EscapeFault,
  isEqualContext,
  nudge,
} from './context.ts';

interface Branches {
  readonly place: EscapeFault['at'];
  readonly keyword: string;
}

/** The context after two branches that end in `a` and `b`; an error where nothing holds for both. */
export function joinContexts(a: Context, b: Context, branches: Branches): Context {
  const joined = joinable(a, b);
  if (joined !== undefined) return joined;
  const message = `{{${branches.keyword}}} branches end in different contexts: ${contextText(a)}, ${contextText(b)}`;
  return errorContext(message, branches.place);
}

function joinable(a: Context, b: Context): Context | undefined {
  if (a.state === 'Error' || b.state === 'Error') return a.state === 'Error' ? a : b;
  // A branch that ends in a jump leads nowhere.
  if (a.state === 'Dead') return b;
  if (b.state === 'Dead') return a;
  if (isEqualContext(a, b)) return a;
  if (isEqualContext({ ...a, urlPart: b.urlPart }, b)) return { ...a, urlPart: 'Unknown' };
  if (isEqualContext({ ...a, jsCtx: b.jsCtx }, b)) return { ...a, jsCtx: 'Unknown' };
  // `<p title={{ if .C }}{{ . }}{{ end }}`: with or without the value, the attribute is one without quotes.
  const [c, d] = [nudge(a), nudge(b)];
  return c === a && d === b ? undefined : joinable(c, d);
}
