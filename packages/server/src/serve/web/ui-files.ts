import { createHash } from 'node:crypto';
import * as path from 'node:path';
import type { Files } from '@vedette/model';
import { contentSecurityPolicyOf } from '../http/security-headers.ts';
import { headerOf, type HttpAnswer, type HttpRequest } from '../http/route.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

const INDEX = '/index.html';

/** Files whose name carries a hash of their content: they never change under that name. */
const HASHED = /^\/assets\//;

const PRECOMPRESSED = [
  { encoding: 'br', suffix: '.br' },
  { encoding: 'gzip', suffix: '.gz' },
] as const;

/**
 * The built UI. Its files are listed once; a request is looked up in that list and never becomes a
 * path on the disk by itself, so there is nothing to climb out of. A build makes no symbolic links;
 * one that somebody put there is not followed.
 */
export class UiFiles {
  readonly #files: Files;
  readonly #root: string;
  readonly #names: ReadonlySet<string>;
  /** The page with the prefix in its `<base>`. */
  readonly #index: string;

  private constructor(files: Files, root: string, content: { names: ReadonlySet<string>; index: string }) {
    this.#files = files;
    this.#root = root;
    this.#names = content.names;
    this.#index = content.index;
  }

  /** `prefix` has no final slash and is empty for none. */
  static async open(
    files: Files,
    place: { readonly root: string; readonly prefix: string },
  ): Promise<UiFiles> {
    const names = new Set(await namesUnder(files, place.root, ''));
    names.delete(INDEX);
    const page = new TextDecoder().decode(await files.read(path.join(place.root, INDEX)));
    // Addresses in the page are relative to this, so that screens below a path find their files too.
    // The prefix is the path of a URL: quotes and angle brackets in it are percent-encoded already.
    const index = page.replace(
      /<base href="[^"]*"/,
      () => `<base href="${place.prefix.replaceAll('&', '&amp;')}/"`,
    );
    return new UiFiles(files, place.root, { names, index });
  }

  /** The file at `urlPath`, `undefined` when there is none. Rejects when it has vanished since it was listed. */
  async find(urlPath: string, headers: HttpRequest['headers']): Promise<HttpAnswer | undefined> {
    const name = decode(urlPath);
    if (name === undefined || !this.#names.has(name)) return undefined;
    const extension = path.posix.extname(name);
    const answerHeaders: Record<string, string> = {
      'content-type': CONTENT_TYPES[extension] ?? 'application/octet-stream',
      'cache-control': HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
      // What workers may reach is said where their script is.
      'content-security-policy': contentSecurityPolicyOf([]),
    };
    const packed = this.#findPrecompressed(name, headerOf(headers, 'accept-encoding') ?? '');
    if (packed !== undefined) {
      answerHeaders['content-encoding'] = packed.encoding;
      answerHeaders['vary'] = 'accept-encoding';
    }
    const body = await this.#files.read(path.join(this.#root, name + (packed?.suffix ?? '')));
    return { status: 200, headers: answerHeaders, body };
  }

  /** The page of the UI, which finds out by itself which of its screens is meant. */
  index(): HttpAnswer {
    const policy = contentSecurityPolicyOf(inlineScriptHashes(this.#index));
    return {
      status: 200,
      headers: {
        'content-type': CONTENT_TYPES['.html'] ?? '',
        'cache-control': 'no-cache',
        'content-security-policy': policy,
      },
      body: this.#index,
    };
  }

  #findPrecompressed(name: string, accepted: string): (typeof PRECOMPRESSED)[number] | undefined {
    const encodings = accepted.split(',').map((part) => part.split(';', 1)[0]?.trim().toLowerCase());
    return PRECOMPRESSED.find(
      ({ encoding, suffix }) => encodings.includes(encoding) && this.#names.has(name + suffix),
    );
  }
}

/** Base64 SHA-256 of the scripts that stand in the page itself, for its security policy. */
function inlineScriptHashes(html: string): readonly string[] {
  return [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/gi)].map((match) =>
    createHash('sha256')
      .update(match[1] ?? '')
      .digest('base64'),
  );
}

async function namesUnder(files: Files, root: string, directory: string): Promise<string[]> {
  const names: string[] = [];
  for (const { name, kind, isLink } of await files.list(path.join(root, directory))) {
    if (name.startsWith('.') || isLink === true) continue;
    if (kind === 'directory') names.push(...(await namesUnder(files, root, `${directory}/${name}`)));
    else if (kind === 'file') names.push(`${directory}/${name}`);
  }
  return names;
}

function decode(urlPath: string): string | undefined {
  try {
    return decodeURIComponent(urlPath);
  } catch {
    return undefined;
  }
}
