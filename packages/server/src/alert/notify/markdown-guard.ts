/**
 * Values in Markdown. Their marks are written in the channel's way, addresses excepted: a value that is an
 * address as a whole, as those of runbooks and dashboards are, keeps its form, since a link with an escaped
 * fragment leads nowhere; what could end the link is percent-encoded, which means the same to who opens it.
 */
import { percentEncoded, type Escapes, type Guard } from './guarded-texts.ts';

export function markdownGuard(escapes: Escapes): Guard {
  return { escapes, harmlessOf: harmlessAddress };
}

// The authority may hold the brackets of an IPv6 address; they are followed by a port, a slash or nothing.
const ADDRESS = /^(https?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?)([/?#]\S*)?$/i;

function harmlessAddress(value: string): string | undefined {
  const [, origin, rest = ''] = ADDRESS.exec(value) ?? [];
  if (origin === undefined) return undefined;
  return origin + rest.replaceAll(/[<>[\]()*`\\|~!"']/g, percentEncoded);
}
