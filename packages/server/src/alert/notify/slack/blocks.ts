/**
 * Slack's blocks with filled texts. One text that is empty makes Slack refuse the whole message, and templates
 * are often empty (an annotation that only some alerts have): what has lost its text is left out, up to the
 * block.
 */
import type { GuardedTexts } from '../guarded-texts.ts';

type Block = Readonly<Record<string, unknown>>;

/** Slack's limits for the text of a block, and of a block that is a header. */
const BLOCK_CHARS_MAX = 3000;
const HEADER_CHARS_MAX = 150;

/** Nobody nests deeper than a button's confirmation in a section; beyond this the file holds itself. */
const DEPTH_MAX = 12;

/** Keys whose texts Slack does not show: addresses, names, kinds. */
const UNMARKED = /^(?:type|style|value|emoji|name|language)$|(?:^|_)(?:url|id)$/;

/** Keys without which an object of Slack's has nothing to show. */
const CONTENTS = ['text', 'fields', 'elements'];

/** Throws `TemplateFault`. */
export function filledBlocks(texts: GuardedTexts, blocks: readonly Block[]): readonly Block[] {
  return blocks.flatMap((block) => {
    const charsMax = block['type'] === 'header' ? HEADER_CHARS_MAX : BLOCK_CHARS_MAX;
    const filled = filledObject({ texts, charsMax, depth: 0 }, block);
    return filled === undefined ? [] : [filled];
  });
}

interface Place {
  readonly texts: GuardedTexts;
  readonly charsMax: number;
  readonly depth: number;
}

/** `undefined` when nothing is left to show. */
function filledObject(place: Place, object: Block): Block | undefined {
  const filled: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) {
    const one = filledValue({ ...place, depth: place.depth + 1 }, key, value);
    if (one !== undefined) filled[key] = one;
  }
  const hadContent = CONTENTS.some((key) => object[key] !== undefined);
  return hadContent && CONTENTS.every((key) => filled[key] === undefined) ? undefined : filled;
}

function filledValue(place: Place, key: string, value: unknown): unknown {
  if (place.depth > DEPTH_MAX) return undefined;
  if (typeof value === 'string') {
    const text = place.texts.fill(value, `slack_configs.blocks ${key}`);
    const shown = UNMARKED.test(key) ? text.plain() : text.cut(place.charsMax).marked();
    return shown.trim() === '' ? undefined : shown;
  }
  if (Array.isArray(value)) {
    const list = value.flatMap(
      (one: unknown) => filledValue({ ...place, depth: place.depth + 1 }, key, one) ?? [],
    );
    return list.length === 0 ? undefined : list;
  }
  return isObject(value) ? filledObject(place, value) : value;
}

function isObject(value: unknown): value is Block {
  return typeof value === 'object' && value !== null;
}
