import type { Escapes } from '../guarded-texts.ts';

/** Links, mentions (`<at id=all>`), colours, emphasis: as numbers, which is how Feishu has them shown. */
export const FEISHU_ESCAPES: Escapes = ['&', '<', '>', '*', '~', '[', ']', '`', '#', '\\', '!'].map(
  (char) => [char, `&#${char.charCodeAt(0)};`],
);
