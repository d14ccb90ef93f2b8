/** What a value is when it arrives at an escaper: its text, and whether somebody vouched for it. */
import { sprint } from '../fmt.ts';
import type { Meter } from '../meter.ts';
import { basicOf, type GoValue, indirect, typeNameOf } from '../value.ts';

export interface Content {
  readonly text: string;
  /** Of `safeHtml` and `safeUrl`. */
  readonly kind: 'plain' | 'html' | 'url';
}

/** What stands for a value that must not stand there. */
export const FILTERED = 'ZgotmplZ';

export function contentOf(args: readonly GoValue[], meter: Meter): Content {
  const [only] = args;
  if (args.length === 1) {
    const basic = basicOf(only);
    if (typeof basic === 'string') return { text: basic, kind: kindOf(only) };
  }
  const values = args.filter((arg) => arg !== undefined).map(indirect);
  return { text: sprint(values, meter), kind: 'plain' };
}

function kindOf(value: GoValue): Content['kind'] {
  const type = typeNameOf(value);
  return type === 'template.HTML' ? 'html' : type === 'template.URL' ? 'url' : 'plain';
}
